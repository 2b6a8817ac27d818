// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/batch_balance.h"

#include "analysis/placement/dispatcher.h"
#include "analysis/simulation/schedule.h"
#include "analysis/spine/pass.h"

#include <algorithm>
#include <numeric>

namespace expertscope::placement {

using namespace simulation;

namespace {

/// The choices of one site, tokens numbered as scheduled; several threads, each its own tokens.
class ChoiceCollector
{
public:
    ChoiceCollector(const ScheduledTokens& tokens, std::vector<std::uint16_t>& ids)
        : m_tokens(tokens)
        , m_ids(ids)
    {
    }
    void observe(const Tile& tile)
    {
        for (const Block& block : tile.blocks) {
            const std::size_t K = block.numSlots;
            for (const SequenceRun& run : block.runs)
                std::copy_n(block.expertIds.begin() + std::ptrdiff_t(run.begin * K), run.length * K,
                    m_ids.begin() + std::ptrdiff_t(m_tokens.numberOf(run) * K));
        }
    }

private:
    const ScheduledTokens& m_tokens;
    std::vector<std::uint16_t>& m_ids;
};

}

Expected<void> addBatchBalance(BlockSource& source, std::span<const Placement> plans, const ReplayOptions& how,
    const PassOptions& options, std::vector<Score>& scores)
{
    const RoutingShape& shape = source.shape();
    const std::size_t K = shape.numSlots;
    ES_ASSIGN(const ScheduledTokens tokens, scheduleTokens(shape, options, {.batch = how.batch}, {}, UINT64_MAX));
    const Schedule schedule = makeSchedule(tokens.sequences, {.batch = how.batch});
    std::vector<std::uint32_t> rank(tokens.numTokens); // of the token's sequence among the replayed ones
    for (std::uint32_t s = 0; s < tokens.sequences.size(); ++s) {
        const ScheduledSequence& sequence = tokens.sequences[s];
        std::fill_n(rank.begin() + std::ptrdiff_t(sequence.begin), sequence.length, s);
    }
    std::vector<std::uint16_t> ids(tokens.numTokens * K);
    std::vector<std::uint32_t> load;
    for (std::size_t i = 0; i < plans.front().sites().size(); ++i) {
        PassOptions pass = options;
        pass.sites = {plans.front().sites()[i].site};
        ES_TRY(runPassInto(source, {}, [&] { return ChoiceCollector(tokens, ids); }, pass));
        for (std::size_t p = 0; p < plans.size(); ++p) {
            const std::uint32_t gpus = plans[p].cluster().gpus;
            const Dispatcher dispatch(plans[p], i, how.dispatch);
            WindowBalance& balance = scores[p].sites[i].batch;
            for (std::uint64_t step = 0; step < schedule.numSteps; ++step) {
                const std::uint64_t begin = schedule.numTokensBefore(step), end = schedule.numTokensBefore(step + 1);
                if (end - begin < how.batch)
                    continue;
                load.assign(gpus, 0);
                for (std::uint64_t at = begin; at < end; ++at) {
                    const std::uint64_t token = schedule.tokens.empty() ? at : schedule.tokens[at];
                    const auto home = static_cast<std::uint32_t>(
                        (how.home == Home::Sequence ? rank[token] : splitmix64(token)) % gpus);
                    for (std::size_t r = 0; r < K; ++r) {
                        if (const std::uint16_t id = ids[token * K + r]; id != kNoExpert)
                            ++load[dispatch(id, token, home)];
                    }
                }
                const auto all = std::accumulate(load.begin(), load.end(), std::uint64_t(0));
                if (all == 0)
                    continue;
                const double mean = double(all) / double(gpus), largest = std::ranges::max(load);
                balance.maxOverMean.add(largest / mean);
                balance.balancedness.add(mean / largest);
            }
        }
    }
    return {};
}

}
