// A library for LD_PRELOAD, with nothing to call: see SteppedClock.c.
