// SPDX-License-Identifier: GPL-3.0-or-later
//
// What restatements of metrics are written with.
#pragma once

#include "analysis/spine/pass.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/near.h"

#include <QString>
#include <QStringList>

namespace expertscope::testing {

inline PassOptions piecesOf(std::uint32_t blockTokens, std::uint32_t skipFirst)
{
    PassOptions options;
    options.blockTokens = blockTokens;
    options.skipFirst = skipFirst;
    return options;
}

inline double mean(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

inline double deviation(const std::vector<double>& values, double lessOfN)
{
    double squares = 0;
    for (const double value : values)
        squares += (value - mean(values)) * (value - mean(values));
    return std::sqrt(squares / (double(values.size()) - lessOfN));
}

inline std::vector<double> softmaxOf(const MemoryTrace& trace, std::size_t site, std::size_t token)
{
    const std::size_t E = trace.shape().sites[site].numExperts;
    std::vector<double> p;
    for (std::size_t e = 0; e < E; ++e)
        p.push_back(std::exp(double(trace.logits[site][token * E + e])));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& v : p)
        v /= sum;
    return p;
}

inline std::vector<std::size_t> inOrderOf(const std::vector<double>& scores)
{
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::abs(scores[a] - scores[b]) > 1e-12 ? scores[a] > scores[b] : a < b;
    });
    return order;
}

inline std::string listed(const std::vector<std::size_t>& experts)
{
    QStringList list;
    for (const std::size_t e : experts)
        list += QString::number(e);
    return list.join(' ').toStdString();
}

}
