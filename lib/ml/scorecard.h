/*
 * The credit scorecard: logistic regression on weights of evidence, written
 * as points.
 *
 * 600 points stand for odds of 50 to 1 against the positive class, and 20
 * more double them: points fall as the positive class becomes likelier.  They
 * are whole numbers, and the score is their sum.
 */
#ifndef SCORECARD_H
#define SCORECARD_H

struct arena;
struct err;
struct learned;
struct learner_input;

/* Fields whose weight would have the wrong sign are left out.  detail:
 * {"base_points","pdo","base_score","base_odds","intercept",
 *  "fields":[{"field","iv","weight","bins":[{"from"?,"to"?,"level"?,
 *  "missing"?,"other"?,"count","positive_rate","woe","points"}]}]}. */
int scorecard_learn(const struct learner_input *, struct arena *,
    struct learned *, struct err *) __attribute__((warn_unused_result));

#endif
