package fetched

// maxFiles is how many files are given on though they are not shared (count): as many as a
// download.Manager remembers. Each has its hash tree, 256 KiB at most.
const maxFiles = 128
