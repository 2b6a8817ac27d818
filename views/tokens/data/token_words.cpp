// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/token_words.h"

#include "analysis/study/token_columns.h"
#include "io/base/text.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// In one line, bytes that are no text as "\xe8".
QString escapedBytes(const std::string& bytes)
{
    QString text;
    for (std::string_view rest = bytes; !rest.empty();) {
        const Character character = takeCharacter(rest);
        const auto c = char32_t(character.codepoint);
        if (character.codepoint < 0)
            text += "\\x" + QByteArray(character.bytes.data(), qsizetype(character.bytes.size())).toHex();
        else if (c == '\\')
            text += "\\\\";
        else if (c == '\n')
            text += "\\n";
        else if (c == '\r')
            text += "\\r";
        else if (c == '\t')
            text += "\\t";
        else
            text += QString::fromUcs4(&c, 1);
    }
    return text;
}

/// Tokens of one sequence, at most so many as are read together.
std::vector<TokenRange> partsOf(const RoutingShape& shape, TokenRange range)
{
    std::vector<TokenRange> parts;
    for (TokenIndex at = range.begin; at < range.end; at = parts.back().end) {
        const TokenRange sequence = rangeOf(shape.sequences[std::size_t(sequenceOf(shape, at))]);
        parts.push_back({at, TokenIndex(std::min({range.end.value, sequence.end.value, at.value + kPartTokens}))});
    }
    return parts;
}

Expected<std::vector<std::string>> bytesOf(const NamedTrace& trace, TokenRange range, std::vector<std::int32_t>& ids)
{
    ids.clear();
    if (!trace.source->shape().columns.tokenIds)
        return std::vector<std::string>(range.size());
    BlockBuffer buffer;
    auto block = trace.source->read(SiteIndex(0), range, {.tokenIds = true}, buffer);
    if (!block)
        return tl::unexpected(inFile(std::move(block).error(), trace.path));
    ids.assign(block->tokenIds.begin(), block->tokenIds.end());
    return tokenPieces(trace, block->tokenIds);
}

/// A text in one field of a table; bytes that are none as "\xe8".
QByteArray fieldOf(const std::string& bytes)
{
    return bytes.empty() ? QByteArray() : csvText(escapedBytes(bytes).toStdString());
}

QByteArray listOf(const SiteChoices& choices, std::size_t t, bool weights)
{
    QByteArray list;
    for (std::size_t slot = 0; slot < choices.numSlots; ++slot) {
        if (choices.expert(t, slot) == kNoExpert || (weights && choices.weights.empty()))
            continue;
        list += list.isEmpty() ? "" : " ";
        list += weights ? csvNumber(double(choices.weights[t * choices.numSlots + slot]))
                        : QByteArray::number(choices.expert(t, slot));
    }
    return list;
}

QByteArray numberAt(const std::vector<float>& of, std::size_t at)
{
    return at < of.size() ? csvNumber(double(of[at])) : QByteArray();
}

}

QString tokenReadout(const RoutingShape& shape, SiteIndex site, const KnownToken& known)
{
    const SequenceIndex s = sequenceOf(shape, known.token);
    const Sequence& sequence = shape.sequences[std::size_t(s)];
    QString token = "token " + countText(known.token.value - sequence.begin.value);
    QString loss;
    if (known.texts) {
        const auto t = std::size_t(known.token.value - known.texts->range.begin.value);
        const ShownPiece& piece = known.texts->pieces[t];
        const bool known_ = t < known.texts->ids.size() && known.texts->ids[t] >= 0;
        if (piece.kind != ShownPiece::Kind::Id)
            token += QString::fromUtf8(" “") + piece.text + QString::fromUtf8("”");
        if (known_)
            token += " (id " + QString::number(known.texts->ids[t]) + ')';
        if (t < known.texts->loss.size() && !std::isnan(known.texts->loss[t]))
            loss = "loss " + numberText(double(known.texts->loss[t])) + " nats";
    }
    token += " of " + sequenceText(shape, s);
    QString choice, entropy, margin;
    if (known.choices) {
        const SiteChoices& choices = *known.choices;
        const auto t = std::size_t(known.token.value - choices.range.begin.value);
        QStringList experts;
        for (std::size_t slot = 0; slot < choices.numSlots; ++slot) {
            if (choices.expert(t, slot) == kNoExpert)
                continue;
            QString one = QString::number(choices.expert(t, slot));
            if (!choices.weights.empty())
                one += " at " + (experts.isEmpty() ? QString("weight ") : QString())
                    + numberText(double(choices.weights[t * choices.numSlots + slot]));
            experts << one;
        }
        choice = experts.isEmpty() ? QString("chooses no expert") : "expert " + experts.join(", ");
        if (!choices.entropy.empty())
            entropy = "entropy " + numberText(double(choices.entropy[t])) + " nats";
        if (!choices.margin.empty())
            margin = "margin " + numberText(double(choices.margin[t]));
    }
    return joinedReadout({siteText(shape, site), token, choice, entropy, margin, loss});
}

Subject tokenSubject(const RoutingShape& shape, SiteIndex site, const KnownToken& known)
{
    Subject subject{.sequence = sequenceOf(shape, known.token), .token = known.token};
    if (known.choices) {
        const auto t = std::size_t(known.token.value - known.choices->range.begin.value);
        if (const std::uint16_t first = known.choices->expert(t, 0); first != kNoExpert) {
            subject.site = site;
            subject.expert = ExpertIndex(first);
        }
    }
    return subject;
}

SequenceHead sequenceHead(const RoutingShape& shape, SequenceIndex s)
{
    const Sequence& sequence = shape.sequences[std::size_t(s)];
    SequenceHead head;
    head.name = sequenceText(shape, s);
    QStringList facts;
    for (const Label& label : shape.labels) {
        if (const std::int32_t code = label.codes[std::size_t(s)]; code >= 0)
            facts << QString::fromStdString(label.name + ' ' + label.values[std::size_t(code)]);
    }
    facts << countText(sequence.length) + (sequence.length == 1 ? " token" : " tokens");
    head.facts = joinedReadout(facts);
    return head;
}

Expected<QString> copiedText(const NamedTrace& trace, TokenRange range)
{
    const RoutingShape& shape = trace.source->shape();
    QString text;
    range.end = std::min(range.end, TokenIndex(range.begin.value + kMostCopied));
    for (const TokenRange& part : partsOf(shape, range)) {
        std::vector<std::int32_t> ids;
        ES_ASSIGN(const std::vector<std::string> bytes, bytesOf(trace, part, ids));
        if (!text.isEmpty() && part.begin == shape.sequences[std::size_t(sequenceOf(shape, part.begin))].begin)
            text += '\n';
        if (std::ranges::any_of(bytes, [](const std::string& b) { return !b.empty(); })) {
            text += joinedText(bytes).text;
            continue;
        }
        for (const std::int32_t id : ids)
            text += (text.isEmpty() || text.endsWith('\n') ? "" : " ") + QString::number(id);
    }
    return text;
}

Expected<QByteArray> tokenTable(
    const KeptTokens& kept, TokenRange range, const std::vector<SiteIndex>& sites, bool leftOutToo)
{
    const RoutingShape& shape = kept.shape();
    const NamedTrace& trace = kept.trace();
    const std::uint64_t asked = range.size();
    range.end = std::min(range.end, TokenIndex(range.begin.value + kMostCopied));
    std::vector<QString> lines;
    if (range.size() < asked)
        lines.push_back("only the first " + countText(range.size()) + " of " + countText(asked) + " tokens");
    QByteArray csv = csvHead("text", {csvTrace(trace)}, describeTokens(kept.scope(), shape), lines)
        + "sequence,token,position,id,text,layer,site,experts,weights,entropy,margin,loss\n";
    for (const TokenRange& part : partsOf(shape, range)) {
        const SequenceIndex s = sequenceOf(shape, part.begin);
        const std::uint64_t begin = shape.sequences[std::size_t(s)].begin.value;
        std::vector<std::int32_t> ids;
        ES_ASSIGN(const std::vector<std::string> bytes, bytesOf(trace, part, ids));
        std::vector<float> loss;
        const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
        if (file && file->summary().columns.loss) {
            ES_ASSIGN(loss, file->loss(part));
        }
        std::vector<SiteChoices> choices;
        for (const SiteIndex site : sites) {
            ES_ASSIGN(SiteChoices of, readChoices(trace, site, part));
            choices.push_back(std::move(of));
        }
        for (std::size_t t = 0; t < part.size(); ++t) {
            const std::uint64_t token = part.begin.value + t;
            if (!leftOutToo && !kept.has(TokenIndex(token)))
                continue;
            const bool known = t < ids.size() && ids[t] >= 0;
            const QByteArray place = QByteArray::number(s.value) + ',' + QByteArray::number(qulonglong(token)) + ','
                + QByteArray::number(qulonglong(token - begin)) + ','
                + (known ? QByteArray::number(ids[t]) : QByteArray()) + ',' + fieldOf(bytes[t]) + ',';
            for (const SiteChoices& of : choices)
                csv += place + csvPlace(shape, of.site) + listOf(of, t, false) + ',' + listOf(of, t, true) + ','
                    + numberAt(of.entropy, t) + ',' + numberAt(of.margin, t) + ',' + numberAt(loss, t) + '\n';
        }
    }
    return csv;
}

}
