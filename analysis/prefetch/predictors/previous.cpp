// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/predictor.h"

#include <algorithm>

namespace expertscope::prefetch {

namespace {

class Previous final : public Predictor
{
public:
    explicit Previous(const Walk& walk)
        : m_walk(walk)
    {
    }
    bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) override
    {
        if (step == 0 || std::ranges::binary_search(m_walk.sequenceStarts(), step))
            return false;
        const auto before = m_walk.event(step - 1, site);
        objects.insert(objects.end(), before.begin(), before.begin() + std::ptrdiff_t(std::min(n, before.size())));
        return true;
    }

private:
    const Walk& m_walk;
};

}

PredictorSpec previousPredictor()
{
    return {.name = "previous",
        .definition = "what the site was asked for in the step before, by router rank; none at the start of a sequence",
        .source = "",
        .make = [](const Walk& walk, const PredictionOptions&, const Parameters&)
            -> Expected<std::unique_ptr<Predictor>> { return std::make_unique<Previous>(walk); }};
}

}
