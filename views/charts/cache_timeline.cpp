// SPDX-License-Identifier: GPL-3.0-or-later
//
// A layer's cache token by token: which experts are resident, which are found, loaded and evicted.
#include "analysis/prefetch/caches.h"
#include "analysis/what_if/cache_residency.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/token_data.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

using simulation::Fate;

struct Story final : ChartData
{
    TokenDataPtr tokens;
    CacheStory story;
    std::string policy;

    std::size_t length() const { return story.fates.size() / story.experts; }
    /// `token`: of those that are shown.
    Fate fate(std::size_t expert, std::size_t token) const
    {
        const std::size_t served = token - story.first;
        return token < story.first || served >= length() ? Fate::Absent : story.fates[served * story.experts + expert];
    }
};

const char* fateName(Fate fate)
{
    switch (fate) {
    case Fate::Absent:
        return "not resident";
    case Fate::Held:
        return "resident";
    case Fate::Hit:
        return "hit";
    case Fate::Loaded:
        return "loaded";
    case Fate::Evicted:
        return "evicted";
    }
    return "";
}

class CacheTimeline final : public Chart
{
public:
    CacheTimeline(std::shared_ptr<const Story> data, StripsPtr strips, PicturePtr picture, QByteArray head)
        : m_data(std::move(data))
        , m_strips(std::move(strips))
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
        const TokenColumns& columns = m_data->tokens->columns;
        return Subject{.site = columns.sites.front(),
            .expert = ExpertIndex(std::uint16_t(mark.row)),
            .sequence = columns.sequence,
            .token = TokenIndex(columns.range.begin.value + mark.column)};
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        return marksOfRaster(*this, *m_strips, *m_data->tokens, wanted,
            [&](std::size_t row) { return !wanted.expert || wanted.expert->value == row; });
    }

    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const TokenData& tokens = *m_data->tokens;
        const Fate fate = m_data->fate(mark.row, mark.column);
        const std::size_t loads = count(mark.column, Fate::Loaded), hits = count(mark.column, Fate::Hit);
        return joinedReadout({siteText(tokens.shape, tokens.columns.sites.front()), tokens.tokenText(mark.column),
            "expert " + QString::number(mark.row), fateName(fate),
            countText(hits) + " of " + countText(hits + loads) + " of this token's experts were resident"});
    }

    QByteArray csv() const override
    {
        const TokenData& tokens = *m_data->tokens;
        QByteArray csv = m_head + kTokenFields + "layer,site,expert,fate,value\n";
        const QByteArray place = csvPlace(tokens.shape, tokens.columns.sites.front());
        for (std::size_t e = 0; e < m_strips->rows(); ++e) {
            for (std::size_t t = 0; t < m_strips->columns(); ++t) {
                if (m_strips->has(e, t))
                    csv += tokens.record(t) + place + QByteArray::number(qulonglong(e)) + ','
                        + fateName(m_data->fate(e, t)) + ',' + QByteArray::number(m_strips->at(e, t)) + '\n';
            }
        }
        return csv;
    }

private:
    std::size_t count(std::size_t token, Fate fate) const
    {
        std::size_t n = 0;
        for (std::size_t e = 0; e < m_strips->rows(); ++e)
            n += m_data->fate(e, token) == fate;
        return n;
    }

    std::shared_ptr<const Story> m_data;
    StripsPtr m_strips;
    PicturePtr m_picture;
    QByteArray m_head;
};

Expected<ChartDataPtr> computeStory(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_TRY(checkServed(study, question));
    ES_ASSIGN(const SiteIndex site, chosenSite(study, question));
    auto data = std::make_shared<Story>();
    data->policy = question.params.text("policy");
    ES_ASSIGN(data->tokens, computeTokens(study, question, {site}, {}, partOf(progress, 0, 0.1)));
    const TokenColumns& columns = data->tokens->columns;
    StoryQuestion asked{.options = cacheOptions(question.params),
        .scope = question.scope,
        .site = site,
        .sequence = columns.sequence,
        .from = columns.position,
        .count = std::uint32_t(data->tokens->size())};
    auto story = cacheStory(study, question.trace, asked, partOf(progress, 0.1, 1));
    if (!story)
        return tl::unexpected(inChart(std::move(story).error()));
    data->story = *std::move(story);
    return data;
}

Expected<ChartPtr> drawStory(const ChartDataPtr& computed, const Parameters&, Look&)
{
    const auto data = std::static_pointer_cast<const Story>(computed);
    const TokenData& tokens = *data->tokens;
    auto strips = std::make_shared<Strips>();
    strips->numRows = data->story.experts;
    strips->numColumns = tokens.size();
    for (std::size_t e = 0; e < strips->numRows; ++e) {
        for (std::size_t t = 0; t < strips->numColumns; ++t) {
            const Fate fate = data->fate(e, t);
            strips->values.push_back(fate == Fate::Absent ? Strips::kNothing : std::uint16_t(fate));
        }
    }
    strips->categories = Categories(fateName(Fate::Held));
    for (const Fate fate : {Fate::Hit, Fate::Loaded, Fate::Evicted})
        strips->categories.add(std::uint16_t(fate), fateName(fate));
    std::size_t hits = 0, loads = 0;
    for (const Fate fate : data->story.fates) {
        hits += fate == Fate::Hit;
        loads += fate == Fate::Loaded;
    }
    auto picture = std::make_shared<Picture>();
    Axis axis = expertCellAxis("Token of " + tokens.sequence, tokens.size(), int(tokens.columns.position));
    axis.decimal = true;
    picture->panels = {{std::move(axis), expertCellAxis("Expert", strips->numRows), {StripsPtr(strips)}}};
    const QString cache = siteText(tokens.shape, tokens.columns.sites.front()) + ", " + QString::fromStdString(data->policy)
        + ", " + countText(data->story.capacity) + " slots of " + countText(data->story.experts);
    picture->note = cache + ": " + percentText(double(hits) / double(std::max<std::size_t>(hits + loads, 1)))
        + " of these requests hit";
    if (tokens.size() < tokens.length)
        picture->note += "; tokens " + countText(tokens.columns.position) + " to "
            + countText(tokens.columns.position + tokens.size() - 1) + " of " + countText(tokens.length);
    QByteArray head = csvHead("cache_timeline", {tokens.trace}, tokens.tokens,
        {tokens.sequence, "contract: " + QString::fromStdString(data->story.contract) + "; " + cache,
            "fate: hit, asked for and resident; loaded, asked for and not resident; evicted, resident before this token and "
            "not after; resident: before and after, not asked for",
            "value: 1 resident, 2 hit, 3 loaded, 4 evicted"});
    return std::make_shared<CacheTimeline>(data, std::move(strips), std::move(picture), std::move(head));
}

}

ChartSpec cacheTimelineChart()
{
    ChartOption size = capacityOption();
    size.standard = "25%";
    size.meaning = "slots of the layer's cache, one size: 16 or 25%";
    std::vector<ChartOption> options{siteOption(), policyOption("lru", false, prefetch::steppedPolicies()), size};
    std::ranges::copy(tokenOptions("200"), std::back_inserter(options));
    return {
        .name = "cache_timeline",
        .title = "Cache timeline",
        .definition = "A layer's cache token by token: which experts are resident, which of those asked for are found and "
                      "which are loaded, and which are evicted",
        .options = std::move(options),
        .ofCache = {"policy", "capacity"},
        .compute = computeStory,
        .draw = drawStory,
    };
}

}
