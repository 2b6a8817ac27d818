// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/expert_geometry.h"

#include "analysis/inspect/products.h"
#include "io/base/workers.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace expertscope::inspect {

namespace {

using Floats = std::vector<float>;

/// All matrices of an expert, one behind the other as they are stored.
Expected<Floats> weightsOf(const Checkpoint& checkpoint, const MlpSource& expert)
{
    Floats all;
    for (const TensorSource* source : {&expert.gate, &expert.up, &expert.gateUp, &expert.down}) {
        if (!source->present())
            continue;
        ES_ASSIGN(const auto values, checkpoint.readValues(*source));
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

/// Where the rows of gate and up lie in what weightsOf() gives.
struct InputRows
{
    std::size_t neurons = 0, hidden = 0;
    std::size_t gateFirst = 0, upFirst = 0; ///< of neuron 0
    std::size_t stride = 0; ///< from a neuron to the next
    std::size_t step = 1; ///< from a number of a row to the next
};

InputRows inputRowsOf(const MlpSource& expert)
{
    InputRows rows;
    if (expert.gate.present()) {
        rows.neurons = std::size_t(expert.gate.shape[0]);
        rows.hidden = rows.stride = std::size_t(expert.gate.shape[1]);
        rows.upFirst = rows.neurons * rows.hidden;
        return rows;
    }
    const TensorSource& both = expert.gateUp;
    const auto outputs = std::size_t(both.shape[both.transposed ? 1 : 0]);
    rows.hidden = std::size_t(both.shape[both.transposed ? 0 : 1]);
    rows.neurons = outputs / 2;
    const std::size_t next = both.transposed ? 1 : rows.hidden; // from an output to the next
    rows.step = both.transposed ? outputs : 1;
    rows.stride = both.interleaved ? 2 * next : next;
    rows.upFirst = both.interleaved ? next : rows.neurons * next;
    return rows;
}

/// Adds what one expert says to the means of a coupling.
class CouplingSum
{
public:
    CouplingSum(const Floats& unitRouter, std::size_t experts)
        : m_router(unitRouter)
        , m_experts(experts)
        , m_hidden(unitRouter.size() / experts)
    {
    }

    void add(std::size_t expert, const Floats& weights, const InputRows& rows, std::size_t first, Coupling& coupling) const
    {
        Floats row(rows.hidden), mean(rows.hidden);
        std::vector<double> direction(rows.hidden, 0);
        const std::span<const float> own(m_router.data() + expert * m_hidden, m_hidden);
        double absolute = 0, counted = 0;
        for (std::size_t n = 0; n < rows.neurons; ++n) {
            for (std::size_t i = 0; i < rows.hidden; ++i)
                row[i] = weights[first + n * rows.stride + i * rows.step];
            const double norm = std::sqrt(product(row, row));
            if (!(norm > 0))
                continue;
            for (std::size_t i = 0; i < rows.hidden; ++i)
                direction[i] += row[i] / norm;
            absolute += std::abs(product(own, row) / norm);
            ++counted;
        }
        if (counted == 0)
            return;
        // The mean cosine with many rows is the product with the mean of their directions.
        std::ranges::transform(direction, mean.begin(), [&](double d) { return float(d / counted); });
        double all = 0;
        for (std::size_t e = 0; e < m_experts; ++e)
            all += product({m_router.data() + e * m_hidden, m_hidden}, mean);
        const double mine = product(own, mean), n = double(m_experts);
        coupling.own += mine / n;
        coupling.ownAbsolute += absolute / counted / n;
        coupling.others += (all - mine) / (n - 1) / n;
    }

private:
    const Floats& m_router; ///< [E, H], unit rows
    const std::size_t m_experts, m_hidden;
};

/// Unit rows of the router; empty and a reason where there are none.
Expected<Floats> unitRouter(const Checkpoint& checkpoint, const LayerSource& source, std::string& undefined)
{
    ES_ASSIGN(auto rows, checkpoint.readValues(source.router));
    const auto experts = std::size_t(source.router.shape[0]), hidden = std::size_t(source.router.shape[1]);
    const RowGeometry geometry = geometryOf(rows, experts, hidden);
    undefined = geometry.undefinedCosines;
    for (std::size_t e = 0; e < experts && undefined.empty(); ++e) {
        const std::span<float> row(rows.data() + e * hidden, hidden);
        const double norm = std::sqrt(product(row, row));
        for (float& v : row)
            v = float(v / norm);
    }
    return rows;
}

/// Products of `one` with each of `held`, shared by threads.
void multiply(const Floats& one, const std::vector<Floats>& held, std::size_t count, unsigned threads, double* products)
{
    std::atomic<std::size_t> next{0};
    Workers workers;
    const auto work = [&](unsigned) {
        for (std::size_t i = next++; i < count; i = next++)
            products[i] = longProduct(one, held[i]);
    };
    workers.startOrDo(std::min<unsigned>(std::max(1u, threads), unsigned(count)), work);
    workers.join();
}

/// From inner products to cosines.
void finish(ExpertGeometry& g, const std::vector<double>& gram, std::size_t E)
{
    for (std::size_t e = 0; e < E; ++e) {
        const double square = gram[e * E + e];
        if (square > 0 && std::isfinite(square))
            continue;
        g.undefined = "the weights of expert " + std::to_string(e)
            + (square == 0 ? " are 0" : " hold what is no finite number");
        return;
    }
    g.cosines.assign(E * E, 1);
    PairCount pairs;
    for (std::size_t i = 0; i < E; ++i) {
        for (std::size_t j = i + 1; j < E; ++j) {
            const double cosine =
                std::clamp(gram[i * E + j] / std::sqrt(gram[i * E + i] * gram[j * E + j]), -1.0, 1.0);
            g.cosines[i * E + j] = g.cosines[j * E + i] = float(cosine);
            pairs.add({i, j, cosine});
        }
    }
    g.meanCosine = pairs.sum / (double(E) * double(E - 1) / 2);
    g.largest = pairs.largest;
    g.alike = pairs.alike;
}

}

Expected<ExpertGeometry> expertGeometry(const Checkpoint& checkpoint, std::size_t layer, const ExpertReading& reading)
{
    const LayerSource& source = checkpoint.weights().layers[layer];
    const std::size_t E = source.experts.size();
    ExpertGeometry g;
    g.layer = layer;
    if (E < 2) {
        g.undefined = g.undefinedCoupling = "there is one expert only";
        return g;
    }
    ES_ASSIGN(const Floats router, unitRouter(checkpoint, source, g.undefinedCoupling));
    const InputRows rows = inputRowsOf(source.experts.front());
    const CouplingSum coupling(router, E);
    g.hidden = rows.hidden;

    std::vector<double> gram(E * E, 0);
    std::vector<Floats> held;
    std::size_t tile = E;
    const auto keep = [&](std::size_t e) -> Expected<void> {
        ES_ASSIGN(auto weights, weightsOf(checkpoint, source.experts[e]));
        held.push_back(std::move(weights));
        if (g.undefinedCoupling.empty()) {
            coupling.add(e, held.back(), rows, rows.gateFirst, g.gate);
            coupling.add(e, held.back(), rows, rows.upFirst, g.up);
        }
        return {};
    };
    for (std::size_t first = 0; first < E; first += tile) {
        held.clear();
        for (std::size_t e = first; e < std::min(first + tile, E); ++e) {
            ES_TRY(keep(e));
            if (e == 0) {
                g.elements = held[0].size();
                tile = std::clamp<std::size_t>(reading.memory / std::max<std::size_t>(1, g.elements * sizeof(float)), 1, E);
            }
            multiply(held.back(), held, held.size(), reading.threads, gram.data() + e * E + first);
        }
        for (std::size_t e = first + held.size(); e < E; ++e) {
            ES_ASSIGN(const Floats other, weightsOf(checkpoint, source.experts[e]));
            multiply(other, held, held.size(), reading.threads, gram.data() + e * E + first);
        }
        if (reading.progress && !reading.progress(double(std::min(first + tile, E)) / double(E)))
            return fail("stopped", checkpoint.folder().string());
    }
    for (std::size_t i = 0; i < E; ++i) {
        for (std::size_t j = i + 1; j < E; ++j)
            gram[i * E + j] = gram[j * E + i];
    }
    if (g.undefinedCoupling.empty() && !(std::isfinite(g.gate.ownAbsolute) && std::isfinite(g.up.ownAbsolute)))
        g.undefinedCoupling = "the weights of an expert hold what is no finite number";
    finish(g, gram, E);
    return g;
}

}
