// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tokens of a sequence from left to right, a strip a layer: which expert each chooses first, or where the chosen
// set changes.
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/token_data.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <set>

namespace expertscope {

namespace {

constexpr std::size_t kRankHues = 7; ///< ranks with a colour of their own

/// What is drawn of each token at each site, [sites, tokens].
struct Raster
{
    std::vector<std::uint16_t> values;
    std::vector<std::vector<std::uint64_t>> counts; ///< [site][expert] first choices
};

std::set<std::uint16_t> chosen(const TokenData& data, std::size_t site, std::size_t token)
{
    std::set<std::uint16_t> experts;
    for (std::size_t r = 0; r < data.columns.numSlots; ++r)
        experts.insert(data.columns.expert(site, token, r));
    experts.erase(kNoExpert);
    return experts;
}

/// How many of a token's experts the token before did not choose; nothing where there is none to compare with.
std::uint16_t newcomers(const TokenData& data, std::size_t site, std::size_t token)
{
    if (token == 0 || data.first(site, token) == kNoExpert || data.first(site, token - 1) == kNoExpert)
        return Strips::kNothing;
    const auto before = chosen(data, site, token - 1), now = chosen(data, site, token);
    return std::uint16_t(std::ranges::count_if(now, [&](std::uint16_t e) { return !before.contains(e); }));
}

Raster rasterOf(const TokenData& data, bool changes)
{
    Raster raster;
    for (std::size_t s = 0; s < data.columns.sites.size(); ++s) {
        raster.counts.push_back(firstChoices(data, s));
        const std::vector<std::uint16_t> order = mostFrequent(raster.counts.back());
        std::vector<std::uint16_t> rank(raster.counts.back().size(), Strips::kNothing);
        for (std::size_t i = 0; i < order.size(); ++i)
            rank[order[i]] = std::uint16_t(i + 1);
        for (std::size_t t = 0; t < data.size(); ++t) {
            const std::uint16_t first = data.first(s, t);
            raster.values.push_back(changes ? newcomers(data, s, t)
                    : first < rank.size()   ? rank[first]
                                            : Strips::kNothing);
        }
    }
    return raster;
}

class Timeline final : public Chart
{
public:
    Timeline(TokenDataPtr data, StripsPtr strips, Raster raster, bool changes, PicturePtr picture, QByteArray head)
        : m_data(std::move(data))
        , m_strips(std::move(strips))
        , m_raster(std::move(raster))
        , m_changes(changes)
        , m_picture(std::move(picture))
        , m_head(std::move(head))
    {
    }

    PicturePtr picture() const override { return m_picture; }

    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_strips->rows() || mark.column >= m_strips->columns()
            || !m_strips->has(mark.row, mark.column))
            return {};
        return m_data->subject(mark.row, mark.column);
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        return marksOfRaster(*this, *m_strips, *m_data, wanted,
            [&](std::size_t row) { return !wanted.site || *wanted.site == m_data->columns.sites[row]; });
    }

    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;

private:
    TokenDataPtr m_data;
    StripsPtr m_strips;
    Raster m_raster;
    bool m_changes;
    PicturePtr m_picture;
    QByteArray m_head;
};

QString Timeline::readout(const Mark& mark) const
{
    if (!subject(mark))
        return {};
    const std::size_t s = mark.row, t = mark.column;
    const std::uint16_t first = m_data->first(s, t), value = m_strips->at(s, t);
    std::uint64_t n = 0;
    for (const std::uint64_t count : m_raster.counts[s])
        n += count;
    const std::size_t experts = m_raster.counts[s].size();
    const QString change = QString::number(value) + " of " + QString::number(chosen(*m_data, s, t).size())
        + " experts are new since the token before";
    const QString rank = "rank " + QString::number(value) + ", first of "
        + percentText(double(m_raster.counts[s][first]) / double(n)) + " of these (uniform "
        + percentText(1 / double(experts)) + ')';
    return joinedReadout({siteText(m_data->shape, m_data->columns.sites[s]), m_data->tokenText(t),
        "expert " + QString::number(first) + " first", m_changes ? change : rank, "n = " + countText(n) + " tokens"});
}

QByteArray Timeline::csv() const
{
    QByteArray csv = m_head + kTokenFields + "layer,site,expert,value\n";
    for (std::size_t s = 0; s < m_strips->rows(); ++s) {
        const SiteIndex site = m_data->columns.sites[s];
        const QByteArray place = csvPlace(m_data->shape, site);
        for (std::size_t t = 0; t < m_strips->columns(); ++t) {
            if (m_strips->has(s, t))
                csv += m_data->record(t) + place + QByteArray::number(m_data->first(s, t)) + ','
                    + QByteArray::number(m_strips->at(s, t)) + '\n';
        }
    }
    return csv;
}

Expected<ChartDataPtr> computeTimeline(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    if (study.shape(question.trace).sites.empty())
        return fail("has no routers to draw", study.traces()[question.trace].path.string());
    ES_ASSIGN(std::vector<SiteIndex> sites, study.sitesOf(question.trace, question.scope));
    return computeTokens(study, question, std::move(sites), {}, progress);
}

Categories categoriesOf(const Raster& raster, bool changes)
{
    std::uint16_t most = 0;
    for (const std::uint16_t value : raster.values)
        most = value == Strips::kNothing ? most : std::max(most, value);
    if (changes) {
        Categories categories("the same experts");
        for (std::uint16_t n = 1; n <= std::min<std::size_t>(most, kRankHues); ++n)
            categories.add(n, QString::number(n) + (n == kRankHues && most > kRankHues ? " or more new" : " new"));
        for (std::uint16_t n = kRankHues + 1; n <= most; ++n)
            categories.join(n, kRankHues);
        return categories;
    }
    Categories categories(most > kRankHues ? QString("less often") : QString());
    for (std::uint16_t rank = 1; rank <= std::min<std::size_t>(most, kRankHues); ++rank)
        categories.add(rank,
            rank == 1 ? QString("most often")
                      : QString::number(rank)
                    + (rank == 2        ? "nd"
                            : rank == 3 ? "rd"
                                        : "th"));
    return categories;
}

Expected<ChartPtr> drawTimeline(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const TokenData>(computed);
    const bool changes = params.text("quantity") == "changes";
    Raster raster = rasterOf(*data, changes);
    if (std::ranges::all_of(raster.values, [](std::uint16_t v) { return v == Strips::kNothing; }))
        return fail("holds no two tokens in a row: nothing changes", data->sequence.toStdString());
    auto strips = std::make_shared<Strips>();
    strips->numRows = data->columns.sites.size();
    strips->numColumns = data->size();
    strips->values = raster.values;
    strips->categories = categoriesOf(raster, changes);
    auto picture = std::make_shared<Picture>();
    Axis tokens = expertCellAxis("Token of " + data->sequence, data->size(), int(data->columns.position));
    tokens.decimal = true;
    picture->panels = {{std::move(tokens), siteAxis(data->columns.sites, data->shape), {StripsPtr(strips)}}};
    const QString what = changes ? QString("experts that the token before did not choose")
                                 : QString("rank of the first choice among its layer's, by how often it is one");
    picture->note = "Colour: " + what;
    if (data->size() < data->length)
        picture->note += "; tokens " + countText(data->columns.position) + " to "
            + countText(data->columns.position + data->size() - 1) + " of " + countText(data->length);
    QByteArray head = csvHead("timeline", {data->trace}, data->tokens,
        {data->sequence, "expert: the first choice", "value: " + what + (changes ? ", how many" : ", 1 = most")});
    return std::make_shared<Timeline>(
        data, std::move(strips), std::move(raster), changes, std::move(picture), std::move(head));
}

}

ChartSpec timelineChart()
{
    std::vector<ChartOption> options{{{.name = "quantity",
                                          .standard = "top1",
                                          .meaning = "the expert chosen first, by its rank in the layer, or how many "
                                                     "experts change from token to token",
                                          .kind = ParameterSpec::Kind::Choices,
                                          .choices = {"top1", "changes"}},
        "Colour by"}};
    std::ranges::copy(tokenOptions("2000"), std::back_inserter(options));
    return {
        .name = "timeline",
        .title = "Timeline",
        .definition = "The tokens of a sequence, a strip a layer: which expert each chooses first, or what changes",
        .options = std::move(options),
        .compute = computeTimeline,
        .draw = drawTimeline,
    };
}

}
