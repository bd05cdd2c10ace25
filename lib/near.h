/*
 * Names that are nearly the same, to say "did you mean".
 */
#ifndef NEAR_H
#define NEAR_H

/* How many single letters must be changed, added, left out or swapped with
 * their neighbour to make b of a (optimal string alignment, bytes); 40 if one
 * of them is longer than that. */
int near_distance(const char *a, const char *b);

/* Whether b is near enough to a to be what was meant: at most two letters
 * away, and fewer than b has. */
int near_enough(const char *a, const char *b);

#endif
