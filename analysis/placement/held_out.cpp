// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/held_out.h"

#include "analysis/spine/selection.h"

#include <algorithm>

namespace expertscope::placement {

namespace {

constexpr std::int32_t kNeither = -1, kLearning = 0, kScoring = 1;

/// A name that no label of the trace has.
std::string freeName(const RoutingShape& shape)
{
    std::string name = "held-out";
    while (shape.label(name))
        name += '\'';
    return name;
}

}

Expected<HeldOutSplit> HeldOutSplit::create(BlockSource& base, const PassOptions& options)
{
    HeldOutSplit split;
    split.m_base = &base;
    split.m_shape = base.shape();
    split.m_learning = options;
    ES_ASSIGN(const auto sequences, selectSequences(base.shape(), options));
    std::uint64_t all = 0, longest = 0;
    std::vector<char> selected(base.shape().sequences.size());
    for (const SequenceIndex s : sequences) {
        const std::uint64_t length = keptPositions(base.shape().sequences[std::size_t(s)], options).length();
        all += length;
        longest = std::max(longest, length);
        selected[std::size_t(s)] = 1;
    }
    if (all < 2)
        return fail("nothing can be held out of " + std::to_string(all) + " selected tokens");
    split.m_shape.labels.push_back({freeName(base.shape()), {"learning", "scoring"}, {}});
    split.m_cut = 2 * longest > all;
    if (split.m_cut)
        split.cutSequences(options, selected);
    else
        split.dealSequences(options, sequences);
    split.m_scoring = split.m_learning;
    const std::string name = split.m_shape.labels.back().name;
    split.m_learning.where.push_back({name, "learning"});
    split.m_scoring.where.push_back({name, "scoring"});
    return split;
}

void HeldOutSplit::dealSequences(const PassOptions& options, const std::vector<SequenceIndex>& selected)
{
    auto& codes = m_shape.labels.back().codes;
    codes.assign(m_shape.sequences.size(), kNeither);
    std::uint64_t tokens[2] = {0, 0};
    for (const SequenceIndex s : selected) {
        const int part = tokens[kLearning] <= tokens[kScoring] ? kLearning : kScoring;
        codes[std::size_t(s)] = part;
        tokens[part] += keptPositions(m_shape.sequences[std::size_t(s)], options).length();
    }
}

void HeldOutSplit::cutSequences(const PassOptions& options, const std::vector<char>& selected)
{
    const RoutingShape& whole = m_base->shape();
    m_shape.sequences.clear();
    for (Label& label : m_shape.labels)
        label.codes.clear();
    const auto piece = [&](std::size_t s, std::uint32_t begin, std::uint32_t end, std::int32_t part) {
        if (begin == end)
            return;
        Sequence sequence = whole.sequences[s];
        sequence.begin = TokenIndex(sequence.begin.value + begin);
        sequence.length = end - begin;
        sequence.promptLength = std::clamp(sequence.promptLength, begin, end) - begin;
        m_shape.sequences.push_back(std::move(sequence));
        for (std::size_t l = 0; l + 1 < m_shape.labels.size(); ++l)
            m_shape.labels[l].codes.push_back(s < whole.labels[l].codes.size() ? whole.labels[l].codes[s] : kNeither);
        m_shape.labels.back().codes.push_back(part);
    };
    for (std::size_t s = 0; s < whole.sequences.size(); ++s) {
        const std::uint32_t length = whole.sequences[s].length;
        if (!selected[s]) {
            piece(s, 0, length, kNeither);
            continue;
        }
        const PositionRange kept = keptPositions(whole.sequences[s], options);
        const std::uint32_t middle = kept.begin + (kept.length() + 1) / 2;
        piece(s, 0, kept.begin, kNeither);
        piece(s, kept.begin, middle, kLearning);
        piece(s, middle, kept.end, kScoring);
        piece(s, kept.end, length, kNeither);
    }
    m_learning.skipFirst = 0; // the pieces are what was kept
    m_learning.phase = Phase::All;
}

}
