// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/token_columns.h"

#include "analysis/spine/selection.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr std::uint32_t kPart = 1 << 16; ///< tokens between two questions whether to go on

Expected<SequenceIndex> sequenceOf(
    const RoutingShape& shape, const PassOptions& pass, const std::optional<SequenceIndex>& wanted)
{
    ES_ASSIGN(const std::vector<SequenceIndex> kept, selectSequences(shape, pass));
    if (kept.empty())
        return fail("the trace has no sequences");
    if (!wanted)
        return kept.front();
    const std::string name = "sequence " + std::to_string(wanted->value);
    if (wanted->value >= shape.sequences.size())
        return fail(
            "there is no such sequence", name, "sequences go from 0 to " + std::to_string(shape.sequences.size() - 1));
    if (!std::ranges::binary_search(kept, *wanted))
        return fail("is not among the sequences that are kept", name, "choose " + std::to_string(kept.front().value));
    return *wanted;
}

void append(std::vector<float>& to, std::span<const float> from)
{
    to.insert(to.end(), from.begin(), from.end());
}

}

Expected<std::vector<std::string>> tokenPieces(const NamedTrace& trace, std::span<const std::int32_t> ids)
{
    std::vector<std::string> pieces(ids.size());
    const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
    for (std::size_t t = 0; file && t < ids.size(); ++t) {
        if (ids[t] < 0)
            continue;
        ES_ASSIGN(pieces[t], file->tokenBytes(ids[t]));
    }
    return pieces;
}

Expected<TokenColumns> tokenColumns(
    const Study& study, std::size_t trace, const TokenQuestion& question, const Progress& progress)
{
    const NamedTrace& named = study.traces()[trace];
    const RoutingShape& shape = named.source->shape();
    ES_ASSIGN(const PassOptions pass, study.passOf(trace, question.scope, progress));
    TokenColumns columns;
    auto sequence = sequenceOf(shape, pass, question.sequence);
    if (!sequence)
        return tl::unexpected(inFile(sequence.error(), named.path));
    columns.sequence = *sequence;
    const Sequence& all = shape.sequences[std::size_t(*sequence)];
    if (question.from >= all.length)
        return fail("lies behind the end of sequence " + std::to_string(sequence->value),
            "token " + std::to_string(question.from), "it has " + std::to_string(all.length) + " tokens");
    columns.position = question.from;
    columns.range.begin = TokenIndex(all.begin.value + question.from);
    columns.range.end = TokenIndex(columns.range.begin.value + std::min(all.length - question.from, question.most));
    columns.sites = question.sites;
    columns.numSlots = shape.numSlots;
    const PositionRange kept = keptPositions(all, pass);
    for (std::uint64_t t = columns.range.begin.value; t < columns.range.end.value; ++t) {
        const std::uint64_t position = t - all.begin.value;
        columns.kept.push_back(
            position >= kept.begin && position < kept.end && (!pass.tokens || pass.tokens->has(TokenIndex(t))));
    }
    Columns wanted = question.columns;
    wanted.tokenIds = true;
    BlockBuffer buffer;
    const double parts = double(question.sites.size()) * double(columns.size());
    for (std::size_t s = 0; s < question.sites.size(); ++s) {
        columns.experts.emplace_back();
        columns.weights.emplace_back();
        columns.entropy.emplace_back();
        columns.margin.emplace_back();
        for (TokenIndex at = columns.range.begin; at < columns.range.end;) {
            const double done = double(s) * double(columns.size()) + double(at.value - columns.range.begin.value);
            if (progress && !progress(done / parts))
                return fail(kCancelled);
            const TokenIndex end(std::min(columns.range.end.value, at.value + kPart));
            auto block = named.source->read(question.sites[s], {at, end}, wanted, buffer);
            if (!block)
                return tl::unexpected(inFile(block.error(), named.path));
            columns.experts[s].insert(columns.experts[s].end(), block->expertIds.begin(), block->expertIds.end());
            append(columns.weights[s], block->weights);
            append(columns.entropy[s], block->entropy);
            append(columns.margin[s], block->margin);
            if (s == 0)
                columns.ids.insert(columns.ids.end(), block->tokenIds.begin(), block->tokenIds.end());
            wanted.tokenIds = s == 0; // alike at all sites
            at = end;
        }
        wanted.tokenIds = false;
    }
    ES_ASSIGN(columns.pieces, tokenPieces(named, columns.ids));
    columns.pieces.resize(columns.size());
    return columns;
}

}
