// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a predictor of a given quality would bring, whatever it might be.
#include "analysis/prefetch/predictor.h"

#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope::prefetch {

namespace {

class Oracle final : public Predictor
{
public:
    Oracle(const Walk& walk, double recall, std::uint64_t seed)
        : m_walk(walk)
        , m_recall(recall)
        , m_seed(seed)
    {
    }
    bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) override
    {
        // A stream of numbers of its own for each event: what it says does not depend on the horizon.
        SplitMix random(splitmix64(m_seed) ^ (step * m_walk.numSites() + site) * 0x2545F4914F6CDD1Du);
        const auto event = m_walk.event(step, site);
        const Walk::Place& place = m_walk.place(site);
        const std::size_t first = objects.size();
        std::size_t wrongs = 0;
        const auto isNamed = [&](std::uint32_t object) {
            return std::find(objects.begin() + std::ptrdiff_t(first), objects.end(), object) != objects.end();
        };
        for (std::size_t r = 0; r < std::min(n, event.size()); ++r) {
            if (double(random.next() >> 11) * 0x1p-53 < m_recall) {
                objects.push_back(event[r]);
                continue;
            }
            if (event.size() + wrongs++ >= place.numExperts)
                continue; // there is no wrong one left
            std::uint32_t wrong;
            do
                wrong = place.firstObject + static_cast<std::uint32_t>(random.next() % place.numExperts);
            while (isNamed(wrong) || std::ranges::find(event, wrong) != event.end());
            objects.push_back(wrong);
        }
        return true;
    }

private:
    const Walk& m_walk;
    const double m_recall;
    const std::uint64_t m_seed;
};

}

PredictorSpec oraclePredictor()
{
    return {.name = "oracle",
        .definition =
            "what the event will ask for, each expert with probability `recall`, else a wrong one in its place",
        .source = "",
        .knowsFuture = true,
        .params = {{.name = "recall",
            .standard = "1",
            .meaning = "probability that an expert is named",
            .least = 0,
            .most = 1}},
        .make = [](const Walk& walk, const PredictionOptions& options,
                    const Parameters& params) -> Expected<std::unique_ptr<Predictor>> {
            return std::make_unique<Oracle>(walk, params.number("recall"), options.seed);
        }};
}

}
