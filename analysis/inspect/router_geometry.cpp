// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/router_geometry.h"

#include "analysis/inspect/products.h"

#include <algorithm>
#include <cmath>

namespace expertscope::inspect {

namespace {

bool allFinite(std::span<const float> values)
{
    return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
}

void addCosines(RowGeometry& g, const std::vector<float>& unit)
{
    const std::size_t E = g.rows, H = g.columns;
    g.cosines.assign(E * E, 1);
    PairCount count;
    for (std::size_t i = 0; i < E; ++i) {
        for (std::size_t j = i + 1; j < E; ++j) {
            const double cosine =
                std::clamp(product({unit.data() + i * H, H}, {unit.data() + j * H, H}), -1.0, 1.0);
            g.cosines[i * E + j] = g.cosines[j * E + i] = float(cosine);
            count.add({i, j, cosine});
        }
    }
    const double pairs = double(E) * double(E - 1) / 2;
    g.meanCosine = count.sum / pairs;
    g.meanAbsoluteCosine = count.absolute / pairs;
    g.participation = double(E) * double(E) / (double(E) + 2 * count.squares);
    g.largest = count.largest;
    g.alike = count.alike;
}

/// A bias where there is one and its values are numbers.
Expected<std::optional<Spread>> biasOf(const Checkpoint& checkpoint, const TensorSource& source, std::string& undefined)
{
    if (!source.present())
        return std::optional<Spread>();
    ES_ASSIGN(const auto values, checkpoint.readValues(source));
    if (!allFinite(values)) {
        undefined = "tensor '" + source.name + "' holds what is no finite number";
        return std::optional<Spread>();
    }
    return std::optional(spreadOf(values));
}

}

void PairCount::add(const Pair& pair)
{
    sum += pair.cosine;
    absolute += std::abs(pair.cosine);
    squares += pair.cosine * pair.cosine;
    if (largest.second == 0 || std::abs(pair.cosine) > std::abs(largest.cosine))
        largest = pair;
    if (alike.size() == kAlikePairs && pair.cosine <= alike.back().cosine)
        return;
    alike.insert(std::ranges::upper_bound(alike, pair.cosine, std::ranges::greater(), &Pair::cosine), pair);
    if (alike.size() > kAlikePairs)
        alike.pop_back();
}

Spread spreadOf(std::span<const float> values)
{
    Spread spread;
    if (values.empty())
        return spread;
    const auto n = double(values.size());
    for (const float v : values)
        spread.mean += double(v) / n;
    double squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        squares += (values[i] - spread.mean) * (values[i] - spread.mean);
        if (values[i] < values[spread.leastAt])
            spread.leastAt = i;
        if (values[i] > values[spread.mostAt])
            spread.mostAt = i;
    }
    spread.sd = std::sqrt(squares / n);
    spread.least = values[spread.leastAt];
    spread.most = values[spread.mostAt];
    return spread;
}

RowGeometry geometryOf(std::span<const float> values, std::size_t rows, std::size_t columns)
{
    RowGeometry g;
    g.rows = rows;
    g.columns = columns;
    std::vector<float> norms, unit(values.begin(), values.end());
    std::optional<std::size_t> zero;
    for (std::size_t e = 0; e < rows; ++e) {
        const auto row = values.subspan(e * columns, columns);
        if (!allFinite(row)) {
            g.undefined = g.undefinedCosines =
                "the row of expert " + std::to_string(e) + " holds what is no finite number";
            return g;
        }
        const double norm = std::sqrt(product(row, row));
        norms.push_back(float(norm));
        if (norm == 0 && !zero)
            zero = e;
        for (std::size_t i = 0; i < columns && norm > 0; ++i)
            unit[e * columns + i] = float(row[i] / norm);
    }
    g.norm = spreadOf(norms);
    if (rows < 2)
        g.undefinedCosines = "there is one expert only";
    else if (zero)
        g.undefinedCosines = "the row of expert " + std::to_string(*zero) + " is 0";
    else
        addCosines(g, unit);
    return g;
}

Expected<RouterGeometry> routerGeometry(const Checkpoint& checkpoint, std::size_t layer)
{
    const LayerSource& source = checkpoint.weights().layers[layer];
    RouterGeometry router;
    router.layer = layer;
    ES_ASSIGN(const auto rows, checkpoint.readValues(source.router));
    router.geometry =
        geometryOf(rows, std::size_t(source.router.shape[0]), std::size_t(source.router.shape[1]));
    ES_ASSIGN(router.selectionBias, biasOf(checkpoint, source.selectionBias, router.undefinedBias));
    ES_ASSIGN(router.bias, biasOf(checkpoint, source.routerBias, router.undefinedBias));
    return router;
}

}
