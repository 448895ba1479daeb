package ranges

// MaxIntervals is the largest number of intervals a Set holds (count). At 16
// bytes each that is 1 MiB. A peer decides where its answers start, so without
// a cap one that answers with single scattered bytes would decide how much
// memory a download takes. A file of 16 GiB fetched as every second block of
// 128 KiB, the block size of gtk-gnutella and LimeWire, still fits.
const MaxIntervals = 1 << 16
