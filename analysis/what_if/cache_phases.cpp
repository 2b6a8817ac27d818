// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/cache_phases.h"

namespace expertscope {

const char* phaseName(Phase phase)
{
    return phase == Phase::Prompt ? "prefill" : "decode";
}

Expected<std::vector<PhaseAnswer>> simulatePhases(
    const Study& study, std::size_t trace, const CacheQuestion& question, const Progress& progress)
{
    std::vector<CacheQuestion> asked;
    for (const Phase phase : {Phase::Prompt, Phase::Decode}) {
        CacheQuestion one = question;
        if (one.scope.phase == Phase::All)
            one.scope.phase = phase;
        if (one.scope.phase != phase)
            continue;
        ES_ASSIGN(const Study::Extent extent, study.extentOf(trace, one.scope, progress));
        if (extent.tokens > 0)
            asked.push_back(std::move(one));
    }
    if (asked.empty()) // which says why
        return simulateCaches(study, trace, question, progress).map([](auto&&) { return std::vector<PhaseAnswer>(); });
    std::vector<PhaseAnswer> phases;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const double share = 1.0 / double(asked.size());
        ES_ASSIGN(CacheAnswer answer,
            simulateCaches(study, trace, asked[i], partOf(progress, double(i) * share, double(i + 1) * share)));
        phases.push_back({asked[i].scope.phase, std::move(answer)});
    }
    return phases;
}

Results resultsOf(const CacheQuestion& question, const std::vector<PhaseAnswer>& phases)
{
    Results all;
    for (const PhaseAnswer& phase : phases) {
        const ParameterValue name = std::string(phaseName(phase.phase));
        Results own = resultsOf(question, phase.answer);
        for (ResultRow& row : own.rows) {
            row.params["phase"] = name;
            all.rows.push_back(std::move(row));
        }
        for (ResultMatrix& matrix : own.matrices) {
            matrix.params["phase"] = name;
            all.matrices.push_back(std::move(matrix));
        }
    }
    return all;
}

}
