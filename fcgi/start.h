/*
 * What can be known of a run before it starts: that its template exists and
 * takes what it is given, and that its target can be learned.
 */
#ifndef START_H
#define START_H

struct req;

/* The bound form of createPipeline; all that is wrong goes to req->errors. */
int start_check(struct req *) __attribute__((warn_unused_result));

#endif
