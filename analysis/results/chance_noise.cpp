// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/chance_noise.h"

#include <algorithm>
#include <cmath>

namespace expertscope::results {

const std::vector<ToldMeasure>& toldMeasures()
{
    using enum NoiseKind;
    static const std::vector<ToldMeasure> measures{
        {"load.count", Count},
        {"balance.max_vio", None},
        {"balance.max_vio_sequence", None},
        {"balance.dead", Events},
        {"drop.ratio", None},
        {"repetition.first", Share},
        {"repetition.overlap", Share},
        {"srp.value", Windows},
        {"sch.hit_rate", Share},
        {"sch_cover.hit_rate", Windows},
        {"sequence_cache.lru", Share},
        {"sequence_cache.belady", Share},
        {"lifetime.run", Stay},
        {"lifetime.lru", Stay},
        {"distinct.experts", Number},
        {"hot_set.touched", None},
        {"locality.same_token", Share},
        {"locality.difference", None},
        {"coactivation.max", None},
        {"affinity.top1_row_max", Share},
        {"flow.excess", None},
        {"path.effective", None},
        {"path.top_share", None},
        {"cofire.max_lift", None},
        {"mutual_information.top1", None},
        {"fan_out.gpus", Number},
        {"fan_out.top1_hops", Number},
        {"predict.recall", Share},
        {"specialisation.share", Share},
        {"specialisation.jsd", None},
        {"divergence_ids.jsd", None},
        {"domain_cv.value", None},
        {"vocabulary.specialisation", Share},
        {"lexical.excess", None},
        {"spread.token_id", None},
        {"spread.position", None},
        {"risk_difference.max_abs", None},
        {"batched_difference.value", None},
        {"saturation.top_k", Share},
        {"saturation.top_1", Share},
        {"flip_rate.top_1", Share},
        {"mismatch.sets", Share},
        {"mismatch.tokens", Share},
        {"replay.replaced", Share},
    };
    return measures;
}

const ToldMeasure* toldMeasure(const std::string& metric)
{
    const auto found = std::ranges::find(toldMeasures(), metric, &ToldMeasure::metric);
    return found == toldMeasures().end() ? nullptr : &*found;
}

std::optional<double> chanceNoise(NoiseKind kind, const ResultRow& row, double expected)
{
    const double n = double(row.n), u = expected;
    if (row.n == 0 || u < 0)
        return std::nullopt;
    switch (kind) {
    case NoiseKind::Count:
        return std::sqrt(u * std::max(0.0, 1 - u / n));
    case NoiseKind::Share:
        return std::sqrt(u * std::max(0.0, 1 - u) / n);
    case NoiseKind::Windows: {
        const auto window = row.params.find("m");
        const double* const m = window == row.params.end() ? nullptr : std::get_if<double>(&window->second);
        return std::sqrt(u * std::max(0.0, 1 - u) / n * (m ? std::max(1.0, *m) : 1));
    }
    case NoiseKind::Number:
        return std::sqrt(u / n);
    case NoiseKind::Stay:
        return u / std::sqrt(n);
    case NoiseKind::Events:
        return std::max(0.2, std::sqrt(u));
    case NoiseKind::None:
        break;
    }
    return std::nullopt;
}

std::optional<double> observedNoise(NoiseKind kind, const ResultRow& row)
{
    if (!row.value || row.n == 0)
        return std::nullopt;
    const double n = double(row.n);
    double value = *row.value;
    if (kind == NoiseKind::Count)
        value = std::clamp(value, 1.0, std::max(1.0, n - 1));
    else if (kind == NoiseKind::Share || kind == NoiseKind::Windows)
        value = std::clamp(value, 1 / n, std::max(1 / n, 1 - 1 / n));
    else
        value = std::max(value, kind == NoiseKind::Events ? 1 : 1 / n);
    return chanceNoise(kind, row, value);
}

}
