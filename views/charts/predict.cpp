// SPDX-License-Identifier: GPL-3.0-or-later
//
// How well simple predictors foretell a token's experts, by layer or over the size of the predicted set (metrics 8):
// what prefetching has to beat; eam: MoE-Infinity (arXiv 2401.14361).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec predictChart()
{
    return curvesChart({
        .name = "predict",
        .title = "Predictability",
        .definition =
            "How well simple predictors foretell the experts of a token: a curve a predictor, by layer or over "
            "the size of the predicted set",
        .quantities = {{"recall", "predict.recall", "Recall", "of the chosen experts those predicted"},
            {"precision", "predict.precision", "Precision", "of the predicted experts those chosen"},
            {"exact", "predict.exact", "Sets predicted exactly", "share of tokens"},
            {"f1", "predict.f1", "F1", "of predicted and chosen sets"},
            {"label_accuracy", "predict.label_accuracy", "Label accuracy",
                "of all experts those rightly in or out: 1 − k/E without predicting"}},
        .parameters = {{"predictor", "Predictors"}, {"n", "Set sizes (0: k)"}, {"library", "Library"}},
        .axes = {{"n", "Predicted experts (0: k)"}},
    });
}

}
