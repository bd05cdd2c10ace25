/*
 * Whether a column can be learned.
 */
#ifndef TARGET_H
#define TARGET_H

struct err;
struct frame;

/* task is "binary", "multiclass" or "regression".  Refuses, with ERR_INVALID
 * and the words to put it right, a target that is not there (naming columns of
 * a similar name), is missing everywhere, is constant, is text or an
 * identifier, has a class of a single row, has not the number of classes of its
 * task, or is no number for a regression. */
int target_check(const struct frame *, const char *target, const char *task,
    struct err *) __attribute__((warn_unused_result));

#endif
