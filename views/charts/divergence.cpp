// SPDX-License-Identifier: GPL-3.0-or-later
//
// How differently parallel texts are routed (metrics 5): the U-shaped curves over layers of multilingual routing, arXiv
// 2510.04694 Eq. 1 and 2, a language a curve; the floor of split halves is ours.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec divergenceChart()
{
    constexpr const char* kJsd = "jsd of the mean router vectors of parallel sequences";
    constexpr const char* kChosen = "the same of the shares of choices: needs no logits";
    const auto floor = [](const char* column) { return RowBeside{"split halves, at most", column, true}; };
    return curvesChart({
        .name = "divergence",
        .title = "Divergence from a reference",
        .definition = "How differently each layer routes texts that say the same, a curve a value of a label against a "
                      "reference value; grey: what halves of one text show",
        .quantities = {{"chosen_jsd", "divergence_ids.jsd", "Divergence of the choices", kChosen, "nats", false,
                           nullptr, floor("split_half_jsd")},
            {"chosen_d_hjs", "divergence_ids.d_hjs", "Relative divergence of the choices",
                "jsd / (log E − mean entropy), of the shares of choices", "", false, nullptr,
                floor("split_half_d_hjs")},
            {"jsd", "divergence.jsd", "Divergence of the router", kJsd, "nats", false, nullptr,
                floor("split_half_jsd")},
            {"d_hjs", "divergence.d_hjs", "Relative divergence of the router",
                "jsd / (log E − mean entropy), of the mean router vectors", "", false, nullptr,
                floor("split_half_d_hjs")}},
        .parameters = {{"pair", "Paired by"}, {"reference", "Reference"}},
        .by = CurveTable::By::Always,
    });
}

}
