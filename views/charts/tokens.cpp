// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of a sequence, each token coloured by what a router does with it: as OLMoE, Figure 23, and the
// visualisations of Mixtral's routing (arXiv 2401.04088, Figure 8) colour text by first-choice expert.
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/token_data.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kHues = 7; ///< experts with a colour of their own

struct Quantity
{
    const char *name, *title, *unit;
    bool keyed; ///< coloured by size; else by name
};
constexpr Quantity kQuantities[] = {
    {"top1", "first choice", "expert", false},
    {"weight", "Weight of the first choice", "", true},
    {"entropy", "Router entropy", "nats", true},
    {"margin", "Margin of the choice", "", true},
    {"chosen", "whether the expert is chosen", "", false},
};

const Quantity& quantityOf(const Parameters& params)
{
    return *std::ranges::find(
        kQuantities, params.text("quantity"), [](const Quantity& q) { return std::string(q.name); });
}

/// The place of an expert among the choices of a token, 0 the first; none: it is not among them.
std::optional<std::size_t> rankOf(const TokenData& data, std::size_t token, std::uint16_t expert)
{
    for (std::size_t r = 0; r < data.columns.numSlots; ++r) {
        if (data.columns.expert(0, token, r) == expert)
            return r;
    }
    return {};
}

/// Of each token, in the quantity's own terms; NaN: none.
Expected<std::vector<float>> valuesOf(const TokenData& data, const Parameters& params)
{
    const std::string& name = params.text("quantity");
    const TokenColumns& columns = data.columns;
    const auto expert = std::uint16_t(params.number("expert"));
    if ((name == "weight" && columns.weights[0].empty()) || (name == "entropy" && columns.entropy[0].empty())
        || (name == "margin" && columns.margin[0].empty()))
        return fail("the trace does not hold it", "quantity=" + name, "choose quantity=top1");
    std::vector<float> values(data.size(), kNaN);
    for (std::size_t t = 0; t < data.size(); ++t) {
        if (data.first(0, t) == kNoExpert)
            continue;
        values[t] = name == "weight" ? columns.weights[0][t * columns.numSlots]
            : name == "entropy"      ? columns.entropy[0][t]
            : name == "margin"       ? columns.margin[0][t]
            : name == "chosen"       ? float(rankOf(data, t, expert).has_value())
                                     : float(data.first(0, t));
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
        , m_counts(firstChoices(*m_data, 0))
    {
        for (const std::uint64_t count : m_counts)
            m_counted += count;
    }

    PicturePtr picture() const override { return m_picture; }

    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row != 0 || mark.column >= m_data->size()
            || !m_words->has(0, mark.column))
            return {};
        return m_data->subject(0, mark.column);
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        for (std::uint32_t t = 0; m_data->shown(wanted) && t < m_data->size(); ++t) {
            if (const auto here = subject({0, 0, 0, t}); here && agree(*here, wanted))
                marks.push_back({0, 0, 0, t});
        }
        return marks;
    }

    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;

private:
    std::size_t experts() const { return m_counts.size(); }

    TokenDataPtr m_data;
    WordsPtr m_words;
    PicturePtr m_picture;
    QByteArray m_head;
    std::vector<std::uint64_t> m_counts; ///< first choices, by expert
    std::uint64_t m_counted = 0;
};

QString TokenText::readout(const Mark& mark) const
{
    if (!subject(mark))
        return {};
    const std::size_t t = mark.column;
    const TokenColumns& columns = m_data->columns;
    const std::uint16_t first = m_data->first(0, t);
    QStringList others;
    for (std::size_t r = 1; r < columns.numSlots; ++r) {
        if (columns.expert(0, t, r) != kNoExpert)
            others << QString::number(columns.expert(0, t, r));
    }
    QString choice = "expert " + QString::number(first);
    if (!columns.weights[0].empty())
        choice += " at weight " + numberText(double(columns.weights[0][t * columns.numSlots]));
    if (!others.isEmpty())
        choice += ", then " + others.join(", ");
    const auto number = [&](const std::vector<float>& of, const char* what, const char* unit) {
        return of.empty() ? QString() : what + numberText(double(of[t])) + unit;
    };
    return joinedReadout({siteText(m_data->shape, columns.sites[0]), m_data->tokenText(t), choice,
        number(columns.entropy[0], "entropy ", " nats"), number(columns.margin[0], "margin ", ""),
        "first of " + percentText(double(m_counts[first]) / double(m_counted)) + " of these (uniform "
            + percentText(1 / double(experts())) + ')',
        "n = " + countText(m_counted) + " tokens"});
}

QByteArray TokenText::csv() const
{
    const TokenColumns& columns = m_data->columns;
    const SiteIndex site = columns.sites[0];
    QByteArray csv = m_head + kTokenFields + "layer,site,expert,weight,entropy,margin,value\n";
    const QByteArray place =
        QByteArray::number(m_data->shape.sites[std::size_t(site)].layer) + ',' + QByteArray::number(site.value) + ',';
    for (std::size_t t = 0; t < m_data->size(); ++t) {
        if (m_data->first(0, t) == kNoExpert)
            continue;
        const auto number = [&](const std::vector<float>& of, std::size_t at) {
            return of.empty() ? QByteArray() : csvNumber(double(of[at]));
        };
        csv += m_data->record(t) + place + QByteArray::number(m_data->first(0, t)) + ','
            + number(columns.weights[0], t * columns.numSlots) + ',' + number(columns.entropy[0], t) + ','
            + number(columns.margin[0], t) + ',' + csvNumber(m_words->value(0, t)) + '\n';
    }
    return csv;
}

Expected<ChartDataPtr> compute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const SiteIndex site, chosenSite(study, question));
    return computeTokens(study, question, {site}, {.weights = true, .entropy = true, .margin = true}, progress);
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

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const TokenData>(computed);
    const Quantity& quantity = quantityOf(params);
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
    ES_ASSIGN(std::vector<float> values, valuesOf(*data, params));
    auto picture = std::make_shared<Picture>();
    const QString layer = "layer " + QString::number(router.layer);
    const QString what = QString(quantity.title) + ", " + layer;
    if (quantity.keyed) {
        HeatMap map;
        map.values = Pyramid(1, values.size(), values);
        const QString unit = *quantity.unit ? ' ' + unbroken('(' + QString(quantity.unit) + ')') : QString();
        ES_ASSIGN(picture->key, colourCells(look, map, CellMeaning::Amount, what + unit));
    } else {
        nameCategories(*words, *data, params);
    }
    words->colours.push_back({what, std::move(values), quantity.keyed});
    const Axis none{{}, Axis::Scale::None};
    picture->panels = {{none, none, {WordsPtr(words)}}};
    picture->note = data->sequence + (quantity.keyed ? QString() : "; " + what);
    if (const QString lacking = data->lacking(); !lacking.isEmpty())
        picture->note += "; " + lacking;
    QByteArray head = csvHead("tokens", {data->trace}, data->tokens,
        {data->sequence, QString("layer %1, site %2").arg(router.layer).arg(site.value), "value: " + what});
    return std::make_shared<TokenText>(data, std::move(words), std::move(picture), std::move(head));
}

}

ChartSpec tokensChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "top1",
                             .meaning = "what tokens are coloured by: the expert chosen first, its weight, entropy or "
                                        "margin of the router, whether one expert is chosen",
                             .kind = ParameterSpec::Kind::Choices},
        "Colour by"};
    for (const Quantity& q : kQuantities)
        quantity.choices.emplace_back(q.name);
    ChartOption expert{
        {.name = "expert", .standard = "0", .meaning = "of quantity=chosen", .least = 0, .most = 65534, .whole = true},
        "Expert"};
    std::vector<ChartOption> options{siteOption(), quantity, expert};
    std::ranges::copy(tokenOptions("5000"), std::back_inserter(options));
    return {
        .name = "tokens",
        .title = "Tokens",
        .definition = "The text of a sequence, each token coloured by what a router chooses for it, or how clearly",
        .options = std::move(options),
        .compute = compute,
        .draw = draw,
    };
}

}
