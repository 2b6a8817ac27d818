// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much the experts of each layer prefer domains (metrics 1.3, 3.1): the domain specialisation that arXiv 2505.16056
// sets against SRP, and the divergence of domains' loads.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec domainCvChart()
{
    return curvesChart({
        .name = "domain_cv",
        .title = "Domain specialisation",
        .definition =
            "How much the load of a layer's experts depends on a label: variation between its values; a curve "
            "a trace",
        .quantities = {{"cv", "domain_cv.mean", "Variation of experts' rates between domains",
                           "SD / mean of an expert's activation rate over the label's values, mean over experts"},
            {"jsd", "specialisation.jsd", "Divergence of the domains' loads",
                "Jensen-Shannon divergence of the label's values, alike in weight", "nats"}},
        .parameters = {{"m", "Window"}},
        .by = CurveTable::By::Always,
    });
}

}
