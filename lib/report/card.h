/*
 * The model card.
 */
#ifndef REPORT_CARD_H
#define REPORT_CARD_H

struct section_input;

/* Fill in->doc with the headings of "Model Cards for Model Reporting"
 * (Mitchell et al., 2019): details, intended use, factors, metrics, evaluation
 * data, training data, quantitative analyses, ethical considerations, caveats
 * and recommendations. */
void card_fill(const struct section_input *);

#endif
