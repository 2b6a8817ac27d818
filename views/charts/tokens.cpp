// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of a sequence, each token coloured by what a router does with it: as OLMoE, Figure 23, and the
// visualisations of Mixtral's routing (arXiv 2401.04088, Figure 8) colour text by first-choice expert.
#include "io/base/named.h"
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/token_data.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace expertscope {

namespace {

constexpr float kNoColour = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kHues = 7; ///< experts with a colour of their own

struct TokensQuantity
{
    const char *name, *title, *unit;
    bool keyed; ///< coloured by size; else by name
};
constexpr TokensQuantity kTokensQuantities[] = {
    {"top1", "first choice", "expert", false},
    {"weight", "Weight of the first choice", "", true},
    {"entropy", "Router entropy", "nats", true},
    {"margin", "Margin of the choice", "", true},
    {"chosen", "whether the expert is chosen", "", false},
};

const TokensQuantity& quantityOf(const Parameters& params)
{
    return *named(kTokensQuantities, params.text("quantity"));
}

bool chooses(const TokenColumns& columns, std::size_t site, std::size_t token, std::uint16_t expert)
{
    for (std::size_t r = 0; r < columns.numSlots; ++r) {
        if (columns.expert(site, token, r) == expert)
            return true;
    }
    return false;
}

/// Of each token at a site, in the quantity's own terms; NaN: none.
Expected<std::vector<float>> valuesOf(const TokenData& data, std::size_t site, const Parameters& params)
{
    const std::string& name = params.text("quantity");
    const TokenColumns& columns = data.columns;
    const auto expert = std::uint16_t(params.number("expert"));
    if ((name == "weight" && columns.weights[site].empty()) || (name == "entropy" && columns.entropy[site].empty())
        || (name == "margin" && columns.margin[site].empty()))
        return fail("the trace does not hold it", "quantity=" + name, "choose quantity=top1");
    std::vector<float> values(data.size(), kNoColour);
    for (std::size_t t = 0; t < data.size(); ++t) {
        if (data.first(site, t) == kNoExpert)
            continue;
        values[t] = name == "weight" ? columns.weights[site][t * columns.numSlots]
            : name == "entropy"      ? columns.entropy[site][t]
            : name == "margin"       ? columns.margin[site][t]
            : name == "chosen"       ? float(chooses(columns, site, t, expert))
                                     : float(data.first(site, t));
    }
    return values;
}

class TokenText final : public Chart
{
public:
    TokenText(TokenDataPtr data, WordsPtr words, PicturePtr picture, QByteArray head)
        : m_data(std::move(data))
        , m_words(std::move(words))
        , m_picture(std::move(picture))
        , m_head(std::move(head))
    {
        for (std::size_t s = 0; s < m_words->rows(); ++s)
            m_counts.push_back(firstChoices(*m_data, s));
    }

    PicturePtr picture() const override { return m_picture; }

    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_words->rows() || mark.column >= m_data->size()
            || !m_words->has(mark.row, mark.column))
            return {};
        return m_data->subject(mark.row, mark.column);
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        for (std::uint32_t r = 0; m_data->shown(wanted) && r < m_words->rows(); ++r) {
            for (std::uint32_t t = 0; t < m_data->size(); ++t) {
                if (const auto here = subject({0, 0, r, t}); here && agree(*here, wanted))
                    marks.push_back({0, 0, r, t});
            }
        }
        return marks;
    }

    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;

private:
    TokenDataPtr m_data;
    WordsPtr m_words;
    PicturePtr m_picture;
    QByteArray m_head;
    std::vector<std::vector<std::uint64_t>> m_counts; ///< [site][expert] first choices
};

QString TokenText::readout(const Mark& mark) const
{
    if (!subject(mark))
        return {};
    const std::size_t s = mark.row, t = mark.column;
    const TokenColumns& columns = m_data->columns;
    const std::uint16_t first = m_data->first(s, t);
    QStringList others;
    for (std::size_t r = 1; r < columns.numSlots; ++r) {
        if (columns.expert(s, t, r) != kNoExpert)
            others << QString::number(columns.expert(s, t, r));
    }
    QString choice = "expert " + QString::number(first);
    if (!columns.weights[s].empty())
        choice += " at weight " + numberText(double(columns.weights[s][t * columns.numSlots]));
    if (!others.isEmpty())
        choice += ", then " + others.join(", ");
    const auto number = [&](const std::vector<float>& of, const char* what, const char* unit) {
        return of.empty() ? QString() : what + numberText(double(of[t])) + unit;
    };
    const std::uint64_t n = std::accumulate(m_counts[s].begin(), m_counts[s].end(), std::uint64_t(0));
    return joinedReadout({siteText(m_data->shape, columns.sites[s]), m_data->tokenText(t), choice,
        number(columns.entropy[s], "entropy ", " nats"), number(columns.margin[s], "margin ", ""),
        "first of " + percentText(double(m_counts[s][first]) / double(n)) + " of these (uniform "
            + percentText(1 / double(m_counts[s].size())) + ')',
        "n = " + countText(n) + " tokens"});
}

QByteArray TokenText::csv() const
{
    const TokenColumns& columns = m_data->columns;
    QByteArray csv = m_head + kTokenFields + "layer,site,expert,weight,entropy,margin,value\n";
    for (std::size_t s = 0; s < m_words->rows(); ++s) {
        const SiteIndex site = columns.sites[s];
        const QByteArray place = csvPlace(m_data->shape, site);
        for (std::size_t t = 0; t < m_data->size(); ++t) {
            if (m_data->first(s, t) == kNoExpert)
                continue;
            const auto number = [&](const std::vector<float>& of, std::size_t at) {
                return of.empty() ? QByteArray() : csvNumber(double(of[at]));
            };
            csv += m_data->record(t) + place + QByteArray::number(m_data->first(s, t)) + ','
                + number(columns.weights[s], t * columns.numSlots) + ',' + number(columns.entropy[s], t) + ','
                + number(columns.margin[s], t) + ',' + csvNumber(m_words->value(s, t)) + '\n';
        }
    }
    return csv;
}

Expected<ChartDataPtr> computeTokensChart(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const SiteIndex site, chosenSite(study, question));
    ES_ASSIGN(std::vector<SiteIndex> sites, study.sitesOf(question.trace, question.scope));
    sites.erase(sites.begin(), std::ranges::find(sites, site));
    sites.resize(std::min(sites.size(), std::size_t(question.params.number("rows"))));
    return computeTokens(
        study, question, std::move(sites), {.weights = true, .entropy = true, .margin = true}, progress);
}

void nameCategories(Words& words, const TokenData& data, const Parameters& params)
{
    if (params.text("quantity") == "chosen") {
        words.categories = Categories("does not");
        words.categories.add(1, "chooses expert " + QString::fromStdString(params.text("expert")));
        return;
    }
    const std::vector<std::uint16_t> order = mostFrequent(firstChoices(data, 0));
    words.categories = Categories(order.size() > kHues ? QString("another expert") : QString());
    for (std::size_t i = 0; i < std::min(order.size(), kHues); ++i)
        words.categories.add(order[i], "expert " + QString::number(order[i]));
}

Expected<ChartPtr> drawTokens(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const TokenData>(computed);
    const TokensQuantity& quantity = quantityOf(params);
    const SiteIndex site = data->columns.sites[0];
    const Site& router = data->shape.sites[std::size_t(site)];
    if (params.text("quantity") == "chosen" && params.number("expert") >= router.numExperts)
        return fail("there is no such expert", "expert=" + params.text("expert"),
            "experts go from 0 to " + std::to_string(router.numExperts - 1));
    auto words = std::make_shared<Words>();
    words->first = data->columns.position;
    words->total = data->length;
    for (std::size_t t = 0; t < data->size(); ++t)
        words->pieces.push_back(data->piece(t));
    if (!quantity.keyed && data->columns.sites.size() > 1)
        return fail("experts of several layers have nothing in common but their numbers",
            "quantity=" + params.text("quantity"), "choose rows=1, or another quantity");
    std::vector<float> all;
    QStringList layers;
    for (std::size_t s = 0; s < data->columns.sites.size(); ++s) {
        ES_ASSIGN(std::vector<float> values, valuesOf(*data, s, params));
        all.insert(all.end(), values.begin(), values.end());
        layers << QString::number(data->shape.sites[std::size_t(data->columns.sites[s])].layer);
        words->colours.push_back({"layer " + layers.back(), std::move(values), quantity.keyed});
    }
    auto picture = std::make_shared<Picture>();
    const bool one = layers.size() == 1;
    const QString what = QString(quantity.title) + (one ? ", layer " + layers.front() : QString());
    if (quantity.keyed) {
        HeatMap map;
        map.values = Pyramid(layers.size(), data->size(), std::move(all));
        const QString unit = *quantity.unit ? ' ' + unbroken('(' + QString(quantity.unit) + ')') : QString();
        ES_ASSIGN(picture->key, colourCells(look, map, CellMeaning::Amount, what + unit));
    } else {
        nameCategories(*words, *data, params);
    }
    const Axis none{{}, Axis::Scale::None};
    picture->panels = {{none, none, {WordsPtr(words)}}};
    picture->note = data->sequence.left(1).toUpper() + data->sequence.mid(1) + (quantity.keyed ? QString() : "; " + what);
    if (!one)
        picture->note += "; from top to bottom: layers " + layers.join(", ");
    if (const QString lacking = data->lacking(); !lacking.isEmpty())
        picture->note += "; " + lacking;
    QByteArray head = csvHead("tokens", {data->trace}, data->tokens, {data->sequence, "value: " + what});
    return std::make_shared<TokenText>(data, std::move(words), std::move(picture), std::move(head));
}

}

ChartSpec tokensChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "top1",
                             .meaning = "what tokens are coloured by: the expert chosen first, its weight, entropy or "
                                        "margin of the router, whether one expert is chosen",
                             .kind = ParameterSpec::Kind::Choices,
                             .choices = nameList(kTokensQuantities)},
        "Colour by"};
    ChartOption expert{
        {.name = "expert", .standard = "0", .meaning = "of quantity=chosen", .least = 0, .most = 65534, .whole = true},
        "Expert"};
    ChartOption rows{
        {.name = "rows",
            .standard = "1",
            .meaning = "layers that are shown: that of `site` behind the text, those after it as strips below",
            .least = 1,
            .most = 64,
            .whole = true},
        "Layers", true};
    std::vector<ChartOption> options{siteOption(), quantity, expert, rows};
    std::ranges::copy(tokenOptions("5000"), std::back_inserter(options));
    return {
        .name = "tokens",
        .title = "Tokens",
        .definition = "The text of a sequence, each token coloured by what a router chooses for it, or how clearly",
        .options = std::move(options),
        .compute = computeTokensChart,
        .draw = drawTokens,
    };
}

}
