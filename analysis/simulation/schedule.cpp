// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/schedule.h"

#include "analysis/spine/selection.h"
#include "io/base/splitmix.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

namespace {

/// Fisher-Yates with splitmix64: the same everywhere.
void shuffle(std::vector<std::size_t>& order, std::uint64_t seed)
{
    SplitMix random(seed);
    for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[random.next() % i]);
}

struct Decoding
{
    std::uint64_t next = 0, end = 0;
};

constexpr std::uint64_t kNotScheduled = UINT64_MAX / 2; ///< stays large when positions are added

}

Expected<ScheduledTokens> scheduleTokens(const RoutingShape& shape, const PassOptions& selection,
    const StepOptions& steps, const Contract& contract, std::uint64_t mostTokens)
{
    ES_ASSIGN(const auto sequences, selectSequences(shape, selection));
    if (selection.shard.count != 1)
        return fail("a cache cannot be simulated in shards: what it holds depends on all that came before");
    if (contract.scope == PoolScope::Groups && contract.sitesInGroup == 0)
        return fail("a group of sites has at least one site");
    if (contract.scope == PoolScope::Listed) {
        std::vector<std::uint8_t> listed(shape.sites.size());
        for (const auto& group : contract.siteGroups) {
            for (const SiteIndex site : group) {
                if (std::size_t(site) >= listed.size())
                    return fail("the trace has no site " + std::to_string(std::size_t(site)), {},
                        "it has sites 0 to " + std::to_string(listed.size() - 1));
                if (listed[std::size_t(site)]++)
                    return fail("site " + std::to_string(std::size_t(site)) + " is in two groups");
            }
        }
    }
    if (contract.flushBetweenSequences && (steps.batch > 1 || steps.prefillChunk))
        return fail(
            "a cache that is flushed between sequences serves one sequence at a time: batch 1, no prefill chunks");
    ScheduledTokens tokens;
    tokens.firstToken.assign(shape.sequences.size(), kNotScheduled);
    tokens.firstPosition.resize(shape.sequences.size());
    for (std::size_t i = 0; i < sequences.size(); i += std::max(selection.everySequence, 1u)) {
        const SequenceIndex s = sequences[i];
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        if (tokens.numTokens == mostTokens) {
            tokens.truncated = true;
            break;
        }
        const PositionRange kept = keptPositions(sequence, selection);
        const std::uint64_t whole = kept.length();
        const std::uint64_t length = std::min<std::uint64_t>(whole, mostTokens - tokens.numTokens);
        tokens.truncated |= length < whole;
        const std::uint64_t prompt = sequence.promptLength - std::min(sequence.promptLength, kept.begin);
        tokens.firstToken[std::size_t(s)] = tokens.numTokens;
        tokens.firstPosition[std::size_t(s)] = kept.begin;
        tokens.sequences.push_back({tokens.numTokens, length, std::min(prompt, length)});
        tokens.numTokens += length;
    }
    return tokens;
}

Schedule makeSchedule(const std::vector<ScheduledSequence>& sequences, const StepOptions& options)
{
    Schedule schedule;
    if (options.batch <= 1 && options.prefillChunk == 0 && options.seed == 0) {
        for (const ScheduledSequence& sequence : sequences) {
            schedule.sequenceStarts.push_back(sequence.begin);
            schedule.numSteps += sequence.length;
        }
        return schedule;
    }
    std::vector<std::size_t> order(sequences.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    if (options.seed)
        shuffle(order, options.seed);
    const bool single = options.batch <= 1 && options.prefillChunk == 0;
    std::vector<Decoding> active;
    std::size_t entering = 0;
    while (entering < order.size() || !active.empty()) {
        while (active.size() < std::max(options.batch, 1u) && entering < order.size()) {
            const ScheduledSequence& sequence = sequences[order[entering++]];
            Decoding decoding{sequence.begin, sequence.begin + sequence.length};
            if (single)
                schedule.sequenceStarts.push_back(schedule.ends.size());
            if (options.prefillChunk) { // the prompt by itself, before the sequence joins the others
                const std::uint64_t promptEnd = sequence.begin + std::min(sequence.promptLength, sequence.length);
                while (decoding.next < promptEnd) {
                    const std::uint64_t end = std::min<std::uint64_t>(decoding.next + options.prefillChunk, promptEnd);
                    for (; decoding.next < end; ++decoding.next)
                        schedule.tokens.push_back(decoding.next);
                    schedule.ends.push_back(schedule.tokens.size());
                }
            }
            if (decoding.next < decoding.end)
                active.push_back(decoding);
        }
        if (active.empty())
            continue;
        for (Decoding& decoding : active)
            schedule.tokens.push_back(decoding.next++);
        schedule.ends.push_back(schedule.tokens.size());
        std::erase_if(active, [](const Decoding& decoding) { return decoding.next == decoding.end; });
    }
    schedule.numSteps = schedule.ends.size();
    return schedule;
}

}
