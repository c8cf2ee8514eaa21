// Settings of glibc's allocator that keep a daemon's resident memory near what it uses. Left alone, glibc gives each thread an
// arena of its own and raises the size from which on memory is given back to the system, so that a node whose live memory is
// flat grows for days. They are read before a process begins, so whoever starts daemons passes them on: deploy/, devnet, bench
// and the fault harness. Other C libraries ignore them.

export const MALLOC_ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  // glibc's own defaults; given, they stay what they are.
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
} as const;
