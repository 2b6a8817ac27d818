// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/expert_counts.h"

#include <bit>
#include <cmath>

namespace expertscope {

namespace {

void addTo(std::vector<std::uint64_t>& counts, const std::vector<std::uint64_t>& others)
{
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] += others[i];
}

}

void IdCounts::add(const IdCounts& other)
{
    other.forEach([this](std::int32_t id, const Count& more) {
        Count& count = countOf(id);
        count.occurrences += more.occurrences;
        count.chosen += more.chosen;
    });
}

ExpertCounts::ExpertCounts(const RoutingShape& shape, ExpertAt expert, SequenceCounts& sequences)
    : load(shape.sites[std::size_t(expert.site)].numExperts)
    , together(load.size())
    , bySlot(shape.numSlots)
    , bins(kBins)
    , choosing(shape.numTokens)
    , those(shape.numTokens)
    , m_expert(expert.expert)
    , m_sequences(&sequences)
{
}

void ExpertCounts::observe(const Tile& tile)
{
    const Block& block = tile.blocks.front();
    for (const SequenceRun& run : block.runs)
        observe(block, run);
}

void ExpertCounts::observe(const Block& block, const SequenceRun& run)
{
    const std::size_t k = block.numSlots;
    for (std::uint32_t i = 0; i < run.length; ++i) {
        const std::size_t t = run.begin + i;
        const auto choices = block.expertIds.subspan(t * k, k);
        std::uint64_t size = 0;
        std::size_t slot = k;
        for (std::size_t r = 0; r < k; ++r) {
            if (choices[r] == kNoExpert)
                continue;
            ++size;
            ++load[choices[r]];
            if (choices[r] == m_expert.value)
                slot = r;
        }
        if (size == 0)
            continue;
        const bool chose = slot < k;
        const TokenIndex token(block.firstToken.value + t);
        ++tokens;
        filled += size;
        squares += size * size;
        choosing.insert(token);
        Bin& bin = bins[std::size_t(std::bit_width(run.position + i))];
        ++bin.tokens;
        ++m_sequences->tokens[std::size_t(run.sequence)];
        if (!block.tokenIds.empty())
            ids.add(block.tokenIds[t], chose);
        if (!block.entropy.empty())
            entropyOfAll.add(block.entropy[t]);
        if (!block.margin.empty())
            marginOfAll.add(block.margin[t]);
        if (!chose)
            continue;
        ++chosen;
        ++bySlot[slot];
        ++bin.chosen;
        ++m_sequences->chosen[std::size_t(run.sequence)];
        those.insert(token);
        for (const std::uint16_t id : choices) {
            if (id != kNoExpert)
                ++together[id];
        }
        const float given = block.weights.empty() ? 0 : block.weights[t * k + slot];
        if (!block.weights.empty())
            weight.add(given);
        if (!block.entropy.empty())
            entropy.add(block.entropy[t]);
        if (!block.margin.empty())
            margin.add(block.margin[t]);
        sample.add({token, std::isnan(given) ? 0 : given, std::uint16_t(slot)});
    }
}

void ExpertCounts::merge(const ExpertCounts& other)
{
    tokens += other.tokens;
    chosen += other.chosen;
    filled += other.filled;
    squares += other.squares;
    addTo(load, other.load);
    addTo(together, other.together);
    addTo(bySlot, other.bySlot);
    weight.add(other.weight);
    entropy.add(other.entropy);
    entropyOfAll.add(other.entropyOfAll);
    margin.add(other.margin);
    marginOfAll.add(other.marginOfAll);
    ids.add(other.ids);
    for (std::size_t b = 0; b < kBins; ++b) {
        bins[b].tokens += other.bins[b].tokens;
        bins[b].chosen += other.bins[b].chosen;
    }
    sample.add(other.sample);
    choosing.unite(other.choosing);
    those.unite(other.those);
}

NeighbourCounts::NeighbourCounts(std::uint16_t numExperts, const TokenSet& choosing, const TokenSet& those)
    : load(numExperts)
    , together(numExperts)
    , m_choosing(&choosing)
    , m_those(&those)
{
}

void NeighbourCounts::observe(const Tile& tile)
{
    const Block& block = tile.blocks.front();
    const std::size_t k = block.numSlots;
    for (const SequenceRun& run : block.runs) {
        for (std::size_t t = run.begin; t < run.begin + run.length; ++t) {
            const TokenIndex token(block.firstToken.value + t);
            if (!m_choosing->has(token))
                continue;
            const bool chose = m_those->has(token);
            bool any = false;
            for (const std::uint16_t id : block.expertIds.subspan(t * k, k)) {
                if (id == kNoExpert)
                    continue;
                any = true;
                ++load[id];
                together[id] += chose;
            }
            tokens += any;
            chosen += any && chose;
        }
    }
}

void NeighbourCounts::merge(const NeighbourCounts& other)
{
    tokens += other.tokens;
    chosen += other.chosen;
    addTo(load, other.load);
    addTo(together, other.together);
}

}
