// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/token_search.h"

#include "analysis/study/token_columns.h"
#include "views/tokens/data/shown_pieces.h"
#include "views/tokens/data/token_parts.h"

#include <algorithm>

namespace expertscope {

namespace {

Expected<TokenQuery> chosenQuery(const RoutingShape& shape, SiteIndex site, ExpertIndex expert)
{
    const Site& router = shape.sites[std::size_t(site)];
    if (expert.value >= router.numExperts)
        return fail("there is no such expert", "expert " + std::to_string(expert.value),
            "experts of layer " + std::to_string(router.layer) + " go from 0 to "
                + std::to_string(router.numExperts - 1));
    return TokenQuery{TokenQuery::Chosen{site, expert}};
}

Expected<SiteIndex> siteOfLayer(const RoutingShape& shape, unsigned layer)
{
    const auto site = std::ranges::find(shape.sites, layer, &Site::layer);
    if (site == shape.sites.end())
        return fail("there is no such layer", "layer " + std::to_string(layer),
            "layers go from " + std::to_string(shape.sites.front().layer) + " to "
                + std::to_string(shape.sites.back().layer));
    return SiteIndex(std::uint16_t(site - shape.sites.begin()));
}

Expected<Block> readBlock(
    const KeptTokens& kept, SiteIndex site, TokenRange range, const Columns& columns, BlockBuffer& buffer)
{
    auto block = kept.trace().source->read(site, range, columns, buffer);
    if (!block)
        return tl::unexpected(inFile(std::move(block).error(), kept.trace().path));
    return block;
}

/// The single tokens of a piece that `matches`.
template <class Matches>
std::vector<TokenRange> singles(const KeptTokens& kept, TokenRange range, const Matches& matches)
{
    std::vector<TokenRange> found;
    for (std::size_t t = 0; t < range.size(); ++t) {
        const TokenIndex token(range.begin.value + t);
        if (matches(t) && kept.has(token))
            found.push_back({token, TokenIndex(token.value + 1)});
    }
    return found;
}

/// Places of a text, in order: where they begin and end.
std::vector<std::pair<qsizetype, qsizetype>> placesOf(const TokenQuery& query, const QString& text)
{
    std::vector<std::pair<qsizetype, qsizetype>> places;
    if (const auto* words = std::get_if<TokenQuery::Words>(&query.what)) {
        for (qsizetype at = text.indexOf(words->text, 0, words->sensitivity); at >= 0;
             at = text.indexOf(words->text, at + words->text.size(), words->sensitivity))
            places.emplace_back(at, at + words->text.size());
    } else {
        auto matches = std::get<QRegularExpression>(query.what).globalMatch(text);
        while (matches.hasNext()) {
            const QRegularExpressionMatch match = matches.next();
            if (match.capturedLength() > 0)
                places.emplace_back(match.capturedStart(), match.capturedEnd());
        }
    }
    return places;
}

/// What a text that was joined from tokens of `range` holds; of it only what begins before `end`.
std::vector<TokenRange> inText(const KeptTokens& kept, const TokenQuery& query, TokenRange range, TokenIndex end,
    const std::vector<std::string>& bytes)
{
    const JoinedText joined = joinedText(bytes);
    std::vector<TokenRange> found;
    for (const auto& [from, to] : placesOf(query, joined.text)) {
        // The last token that begins at or before it; of several that begin there the first with text behind it.
        auto first = std::size_t(std::ranges::upper_bound(joined.ends, from) - joined.ends.begin());
        auto last = std::size_t(
            std::ranges::lower_bound(joined.begins.begin(), joined.begins.end() - 1, to) - joined.begins.begin());
        last = std::max(last, first + 1);
        const TokenRange match{TokenIndex(range.begin.value + first), TokenIndex(range.begin.value + last)};
        if (match.begin < end && kept.has(match.begin))
            found.push_back(match);
    }
    return found;
}

}

Expected<TokenQuery> tokenQuery(
    const QString& typed, bool regular, bool caseMatters, const RoutingShape& shape, SiteIndex site)
{
    static const QRegularExpression idForm("^\\s*#(\\d{1,9})\\s*$");
    static const QRegularExpression expertForm(
        "^\\s*(?:l(?:ayer)?\\s*(\\d{1,5})\\s*[,·]?\\s*)?e(?:xpert)?\\s*(\\d{1,5})\\s*$",
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression shortForm("^\\s*(\\d{1,5}):(\\d{1,5})\\s*$");
    if (!regular) {
        if (const auto id = idForm.match(typed); id.hasMatch())
            return TokenQuery{TokenQuery::Id{id.captured(1).toInt()}};
        auto expert = expertForm.match(typed);
        if (!expert.hasMatch())
            expert = shortForm.match(typed);
        if (expert.hasMatch() && !shape.sites.empty()) {
            if (!expert.captured(1).isEmpty()) {
                ES_ASSIGN(site, siteOfLayer(shape, expert.captured(1).toUInt()));
            }
            const unsigned number = std::min(expert.captured(2).toUInt(), 65535u);
            return chosenQuery(shape, site, ExpertIndex(std::uint16_t(number)));
        }
        return TokenQuery{TokenQuery::Words{typed, caseMatters ? Qt::CaseSensitive : Qt::CaseInsensitive}};
    }
    QRegularExpression expression(typed,
        QRegularExpression::UseUnicodePropertiesOption | QRegularExpression::MultilineOption
            | (caseMatters ? QRegularExpression::NoPatternOption : QRegularExpression::CaseInsensitiveOption));
    if (!expression.isValid())
        return fail(expression.errorString().toStdString(),
            "regular expression, character " + std::to_string(expression.patternErrorOffset() + 1));
    expression.optimize();
    return TokenQuery{expression};
}

Expected<void> searchTokens(const KeptTokens& kept, const TokenQuery& query, const FoundTokens& found)
{
    const RoutingShape& shape = kept.shape();
    const auto* const chosen = std::get_if<TokenQuery::Chosen>(&query.what);
    const auto* const id = std::get_if<TokenQuery::Id>(&query.what);
    if (!chosen && !shape.columns.tokenIds)
        return fail("token ids were not recorded: there is no text to search", kept.trace().path.string());
    BlockBuffer buffer;
    bool anyText = false;
    std::vector<TokenRange> more;
    std::uint64_t pending = 0; // tokens since the last report: short sequences are told together
    const auto report = [&](TokenIndex at) {
        pending = 0;
        return found(std::exchange(more, {}), double(at.value) / double(shape.numTokens));
    };
    for (const SequenceIndex s : kept.sequences()) {
        const TokenRange sequence = rangeOf(shape.sequences[std::size_t(s)]);
        for (std::uint64_t at = sequence.begin.value; at < sequence.end.value; at += kSearchTokens) {
            const TokenIndex end(std::min(at + kSearchTokens, sequence.end.value));
            TokenRange range{TokenIndex(at), end};
            std::vector<TokenRange> here;
            if (chosen) {
                ES_ASSIGN(const Block block, readBlock(kept, chosen->site, range, {}, buffer));
                here = singles(kept, range, [&](std::size_t t) {
                    const auto chosenHere = block.expertIds.subspan(t * block.numSlots, block.numSlots);
                    return std::ranges::find(chosenHere, chosen->expert.value) != chosenHere.end();
                });
            } else if (id) {
                ES_ASSIGN(const Block block, readBlock(kept, SiteIndex(0), range, {.tokenIds = true}, buffer));
                here = singles(kept, range, [&](std::size_t t) { return block.tokenIds[t] == id->id; });
            } else {
                range.end = TokenIndex(std::min(end.value + kSearchOverlap, sequence.end.value));
                ES_ASSIGN(const Block block, readBlock(kept, SiteIndex(0), range, {.tokenIds = true}, buffer));
                ES_ASSIGN(const auto bytes, tokenPieces(kept.trace(), block.tokenIds));
                anyText = anyText || std::ranges::any_of(bytes, [](const std::string& b) { return !b.empty(); });
                here = inText(kept, query, range, end, bytes);
            }
            more.insert(more.end(), here.begin(), here.end());
            pending += range.size();
            if (pending >= 16384 && !report(range.end))
                return fail(kCancelled);
        }
    }
    if (!report(TokenIndex(shape.numTokens)))
        return fail(kCancelled);
    if (!chosen && !id && !anyText)
        return fail(
            "texts of tokens are not recorded in this trace", kept.trace().path.string(), "search for ids: #123");
    return {};
}

}
