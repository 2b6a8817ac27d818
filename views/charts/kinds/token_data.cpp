// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/token_data.h"

#include "io/base/utf8.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

/// Bytes that are no text of their own, as half a character is none.
QString hexText(const std::string& bytes)
{
    return "\\x" + QByteArray::fromStdString(bytes).toHex();
}

/// In one line: for readouts and tables.
QString escaped(QString text)
{
    return text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
}

}

std::uint16_t TokenData::first(std::size_t site, std::size_t token) const
{
    return columns.kept[token] ? columns.expert(site, token, 0) : kNoExpert;
}

QString TokenData::piece(std::size_t token) const
{
    const std::string& bytes = columns.pieces[token];
    if (!bytes.empty())
        return invalidUtf8At(bytes) ? hexText(bytes) : QString::fromStdString(bytes);
    const bool known = token < columns.ids.size() && columns.ids[token] >= 0;
    return ' ' + (known ? QString::number(columns.ids[token]) : QString(QChar(0xb7)));
}

QString TokenData::tokenText(std::size_t token) const
{
    QString text = "token " + countText(columns.position + token);
    if (!columns.pieces[token].empty())
        text += QString::fromUtf8(" “") + escaped(piece(token)) + QString::fromUtf8("”");
    else if (token < columns.ids.size() && columns.ids[token] >= 0)
        text += " (id " + QString::number(columns.ids[token]) + ')';
    return text;
}

QByteArray TokenData::record(std::size_t token) const
{
    const bool known = token < columns.ids.size() && columns.ids[token] >= 0;
    return QByteArray::number(columns.sequence.value) + ','
        + QByteArray::number(qulonglong(columns.range.begin.value + token)) + ','
        + QByteArray::number(qulonglong(columns.position + token)) + ','
        + (known ? QByteArray::number(columns.ids[token]) : QByteArray()) + ','
        + (columns.pieces[token].empty() ? QByteArray() : csvText(escaped(piece(token)).toStdString())) + ',';
}

QString TokenData::lacking() const
{
    if (std::ranges::any_of(columns.pieces, [](const std::string& piece) { return !piece.empty(); }))
        return {};
    return std::ranges::any_of(columns.ids, [](std::int32_t id) { return id >= 0; })
        ? QString("texts are not recorded: numbers are token ids")
        : QString("texts are not recorded");
}

std::optional<Subject> TokenData::subject(std::size_t site, std::size_t token) const
{
    const std::uint16_t expert = first(site, token);
    if (expert == kNoExpert)
        return {};
    return Subject{.site = columns.sites[site],
        .expert = ExpertIndex(expert),
        .sequence = columns.sequence,
        .token = TokenIndex(columns.range.begin.value + token)};
}

bool TokenData::shown(const Subject& wanted) const
{
    return (!wanted.sequence || *wanted.sequence == columns.sequence)
        && (!wanted.token || (*wanted.token >= columns.range.begin && *wanted.token < columns.range.end))
        && (!wanted.site || std::ranges::find(columns.sites, *wanted.site) != columns.sites.end());
}

std::vector<Mark> marksOfRaster(const Chart& chart, const Strips& strips, const TokenData& data, const Subject& wanted,
    const std::function<bool(std::size_t row)>& mayHold)
{
    std::vector<Mark> marks;
    for (std::uint32_t r = 0; data.shown(wanted) && r < strips.rows(); ++r) {
        if (!mayHold(r))
            continue;
        for (std::uint32_t c = 0; c < strips.columns(); ++c) {
            if (const auto here = chart.subject({0, 0, r, c}); here && agree(*here, wanted))
                marks.push_back({0, 0, r, c});
        }
    }
    return marks;
}

std::vector<ChartOption> tokenOptions(const char* standard)
{
    return {{{.name = "sequence",
                 .standard = "-1",
                 .meaning = "sequence, counted from 0; -1: the first one that is kept",
                 .least = -1,
                 .most = 4e9,
                 .whole = true},
                "Sequence", true},
        {{.name = "from",
             .standard = "0",
             .meaning = "first token that is shown, counted from 0 in its sequence",
             .least = 0,
             .most = 4e9,
             .whole = true},
            "From token", true},
        {{.name = "tokens",
             .standard = standard,
             .meaning = "how many are shown at most",
             .least = 1,
             .most = 1e6,
             .whole = true},
            "Tokens", true}};
}

Expected<std::shared_ptr<TokenData>> computeTokens(const Study& study, const ChartQuestion& question,
    std::vector<SiteIndex> sites, Columns columns, const Progress& progress)
{
    const RoutingShape& shape = study.shape(question.trace);
    TokenQuestion asked;
    asked.scope = question.scope;
    asked.sites = std::move(sites);
    asked.columns = columns;
    asked.from = std::uint32_t(question.params.number("from"));
    asked.most = std::uint32_t(question.params.number("tokens"));
    if (const double sequence = question.params.number("sequence"); sequence >= 0)
        asked.sequence = SequenceIndex(std::uint32_t(sequence));
    auto data = std::make_shared<TokenData>();
    ES_ASSIGN(data->columns, tokenColumns(study, question.trace, asked, progress));
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    const Sequence& sequence = shape.sequences[std::size_t(data->columns.sequence)];
    data->length = sequence.length;
    data->sequence = "sequence " + QString::number(data->columns.sequence.value);
    if (!sequence.name.empty())
        data->sequence += " (" + QString::fromStdString(sequence.name) + ')';
    for (std::size_t s = 0; s < data->columns.sites.size(); ++s) {
        for (std::size_t t = 0; t < data->size(); ++t) {
            if (data->first(s, t) != kNoExpert)
                return data;
        }
    }
    return fail("holds no choices there: nothing to draw", data->sequence.toStdString());
}

std::vector<std::uint64_t> firstChoices(const TokenData& data, std::size_t site)
{
    std::vector<std::uint64_t> counts(data.shape.sites[std::size_t(data.columns.sites[site])].numExperts);
    for (std::size_t t = 0; t < data.size(); ++t) {
        if (const std::uint16_t expert = data.first(site, t); expert < counts.size())
            ++counts[expert];
    }
    return counts;
}

std::vector<std::uint16_t> mostFrequent(const std::vector<std::uint64_t>& counts)
{
    std::vector<std::uint16_t> experts(counts.size());
    std::iota(experts.begin(), experts.end(), std::uint16_t(0));
    std::ranges::stable_sort(experts, std::greater(), [&](std::uint16_t e) { return counts[e]; });
    while (!experts.empty() && counts[experts.back()] == 0)
        experts.pop_back();
    return experts;
}

}
