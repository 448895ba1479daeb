package transfer

// maxName is the longest file name SafeName gives, in bytes: what ext4, NTFS
// and APFS take for one component.
const maxName = 255

// maxExtension is the longest extension, in bytes and with its dot, that
// SafeName keeps when it has to cut a name. Longer ones are no file types.
const maxExtension = 16

// maxMarks is how many combining marks in a row SafeName keeps (count). No
// script stacks more than half of it; normal form C starts to insert joiners
// at 30, which would make a name differ from its own safe name.
const maxMarks = 8
