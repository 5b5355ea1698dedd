#ifndef C_DESCRIPTOR_RESERVE_H
#define C_DESCRIPTOR_RESERVE_H

// How many descriptors of the system's limit the process leaves unused.
enum { martlet_descriptor_reserve = 16 };

#endif
