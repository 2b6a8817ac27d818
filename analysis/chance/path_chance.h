// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/chance/chance_value.h"

#include <vector>

namespace expertscope {

/// N tokens that fall into `cells` equally likely cells, independently: how full the cells are. Means are exact, but
/// for topShare() and the SD, which take the cells as independent.
class UniformPaths
{
public:
    UniformPaths(double cells, double tokens);

    ChanceValue distinct() const; ///< cells that are met
    double entropy() const { return m_entropy; } ///< plug-in, nats
    double singletons() const; ///< cells that are met once
    double topShare(double top) const; ///< of the tokens in the `top` fullest cells

private:
    double m_cells, m_tokens, m_entropy = 0;
    double m_least = 0; ///< fewest tokens in a cell that can happen
    std::vector<double> m_atLeast; ///< [c - m_least - 1] probability of c tokens or more in a cell
};

}
