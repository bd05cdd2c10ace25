/*
 * The rows of the tool table, one a tool, by the files that hold them.
 */
#ifndef TOOLS_H
#define TOOLS_H

struct tool;

/* A JSON text that is written as it reads; for the schemas of the rows. */
#define SCHEMA(...) #__VA_ARGS__

/* tool_data.c: what the table holds */
extern const struct tool tool_dataset_profile, tool_dataset_sample;
/* tool_split.c: which rows are sealed, which columns left out */
extern const struct tool tool_split_make, tool_columns_exclude;
/* tool_feature.c */
extern const struct tool tool_feature_propose;
/* tool_train.c */
extern const struct tool tool_train_trial, tool_trials_list, tool_model_select;
/* tool_judge.c: what the selected model is worth */
extern const struct tool tool_model_evaluate, tool_model_explain,
    tool_fairness_check, tool_stability_check;
/* tool_finding.c */
extern const struct tool tool_finding_raise, tool_finding_answer;
/* tool_paper.c: documents and other artifacts */
extern const struct tool tool_document_write, tool_artifact_read,
    tool_artifact_write;

#endif
