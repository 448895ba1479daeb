package identity

// maxKeyFile is the largest key file that is read, in bytes. Ours has 185; the
// rest is room for remarks of the owner.
const maxKeyFile = 16 << 10
