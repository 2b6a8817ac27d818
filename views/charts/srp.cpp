// SPDX-License-Identifier: GPL-3.0-or-later
//
// Segment routing best performance (metrics 1.1): the figures of arXiv 2505.16056 (ICLR 2026) over the segment's length
// and by depth, layers against the size ratio, and the lower bound that its authors draw.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec srpChart()
{
    const RowBeside bound{"lower bound", "lower_bound"};
    return curvesChart({
        .name = "srp",
        .title = "Segment routing (SRP)",
        .definition = "Best F1 of a router that switches each expert on or off for a whole segment of m tokens; of the "
                      "model over m, or by layer",
        .quantities = {{"value", "srp.value", "SRP", "best F1; the model's pools all experts", "", false, nullptr,
                           bound},
            {"rho_hat", "srp.rho_hat", "Size ratio of the segment router",
                "experts switched on / chosen, at the best F1"},
            {"alpha", "srp.alpha", "Best threshold α", "choices in a segment that switch an expert on", "choices",
                true}},
        .parameters = {{"m", "Segments"}},
        .axes = {{"m", "Segment length m (tokens)"}, {"rho_hat", "Size ratio of the segment router", "srp.rho_hat"}},
        .over = "m",
    });
}

}
