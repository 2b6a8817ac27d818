// SPDX-License-Identifier: GPL-3.0-or-later
//
// From which part of a walk a predictor learns: by default each half is predicted by what the other one has taught, so
// that nothing is learnt from what is then predicted.
#pragma once

#include "analysis/prefetch/predictor.h"

namespace expertscope::prefetch {

/// The parameter that learning predictors share.
inline ParameterSpec learnParameter()
{
    return {.name = "learn",
        .standard = "half",
        .meaning = "from the half that is not predicted, or from all (hindsight)",
        .kind = ParameterSpec::Kind::Choices,
        .choices = {"half", "all"}};
}

/// Parts of a walk that are learnt from.
class Halves
{
public:
    Halves(const Walk& walk, const Parameters& params)
        : m_numSteps(walk.numSteps())
        , m_middle(params.choices("learn") == std::vector<std::string>{"all"} ? m_numSteps : middleOf(walk))
    {
    }
    struct Steps
    {
        std::uint64_t begin, end;
    };
    std::size_t count() const { return m_middle == m_numSteps ? 1 : 2; }
    /// What the i-th model learns from.
    Steps learning(std::size_t i) const
    {
        if (count() == 1)
            return {0, m_numSteps};
        return i == 0 ? Steps{m_middle, m_numSteps} : Steps{0, m_middle};
    }
    /// The model that predicts this step.
    std::size_t modelOf(std::uint64_t step) const { return count() == 2 && step >= m_middle; }

private:
    /// The step nearest to the middle at which a sequence begins, or the middle; as `static:learn=half` of the
    /// policies.
    static std::uint64_t middleOf(const Walk& walk)
    {
        const std::uint64_t middle = walk.numSteps() / 2;
        const auto distance = [&](std::uint64_t step) { return step > middle ? step - middle : middle - step; };
        std::uint64_t nearest = 0;
        for (const std::uint64_t start : walk.sequenceStarts()) {
            if (distance(start) < distance(nearest))
                nearest = start;
        }
        return nearest ? nearest : middle;
    }

    std::uint64_t m_numSteps, m_middle;
};

}
