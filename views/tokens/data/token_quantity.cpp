// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/token_quantity.h"

#include "views/charts/wording.h"
#include "views/paint/axis_ticks.h"
#include "views/tokens/data/colour_sample.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kHues = 7; ///< the eighth category is the text's own colour

struct Quantity
{
    const char *name, *title;
    bool keyed;
};
const Quantity kQuantities[] = {
    {kFirstChoice, "First choice", false},
    {kPinned, "Choice of the pinned experts", false},
    {kWeight, "Weight of the first choice", true},
    {kMargin, "Margin of the choice", true},
    {kEntropy, "Router entropy (nats)", true},
    {kRank, "Rank of the pinned expert", true},
    {kLoss, "Next-token loss (nats)", true},
};

const Quantity& find(const std::string& name)
{
    return *std::ranges::find(kQuantities, name, [](const Quantity& q) { return std::string(q.name); });
}

QString rankWord(std::size_t rank)
{
    if (rank == 1)
        return "most often";
    return QString::number(rank) + (rank == 2 ? "nd" : rank == 3 ? "rd" : "th");
}

/// The experts with a hue of their own: the most frequent ones, and all that are pinned as long as hues last.
std::vector<std::uint16_t> withHue(std::vector<std::uint16_t> frequent, const std::vector<ExpertIndex>& pins)
{
    const std::size_t all = frequent.size();
    frequent.resize(std::min(all, kHues));
    const auto isPinned = [&](std::uint16_t e) { return std::ranges::find(pins, ExpertIndex(e)) != pins.end(); };
    for (const ExpertIndex pin : pins) {
        if (std::ranges::find(frequent, pin.value) != frequent.end())
            continue;
        if (frequent.size() < kHues) {
            frequent.push_back(pin.value);
            continue;
        }
        // It takes the hue of the least frequent one that is not pinned itself.
        const auto place = std::find_if_not(frequent.rbegin(), frequent.rend(), isPinned);
        if (place == frequent.rend())
            break;
        *place = pin.value;
    }
    return frequent;
}

Categories expertCategories(const ColourSample& sample, SiteIndex site, const std::vector<ExpertIndex>& pins)
{
    const std::vector<std::uint16_t> frequent = sample.mostFrequent(site);
    const std::vector<std::uint16_t> hues = withHue(frequent, pins);
    const bool others =
        std::ranges::any_of(frequent, [&](std::uint16_t e) { return std::ranges::find(hues, e) == hues.end(); });
    Categories categories(others || !sample.all ? QString("another expert") : QString());
    for (const std::uint16_t e : hues)
        categories.add(e, "expert " + QString::number(e));
    return categories;
}

Categories rankCategories(const ColourSample& sample, SiteIndex site)
{
    const std::vector<std::uint16_t> frequent = sample.mostFrequent(site);
    Categories categories(frequent.size() > kHues || !sample.all ? QString("less often") : QString());
    for (std::size_t i = 0; i < std::min(frequent.size(), kHues); ++i)
        categories.add(frequent[i], rankWord(i + 1));
    return categories;
}

Categories pinCategories(const std::vector<ExpertIndex>& pins)
{
    Categories categories(pins.size() > 1 ? "none of them" : "does not choose it");
    const std::size_t named = std::min(pins.size(), kHues - 1);
    for (std::size_t i = 0; i < named; ++i)
        categories.add(std::uint16_t(i + 1), "chooses expert " + QString::number(pins[i].value));
    if (pins.size() > 1)
        categories.add(std::uint16_t(pins.size() + 1), "several of them");
    for (std::size_t i = named; i < pins.size(); ++i)
        categories.join(std::uint16_t(i + 1), std::uint16_t(pins.size() + 1));
    return categories;
}

std::optional<ColourScale> scaleOf(
    const std::string& quantity, const ColourSample* sample, const Site& site, bool logits)
{
    ColourScale scale;
    scale.table = colourTable("viridis").value();
    if (quantity == kRank) {
        scale.low = 1;
        scale.high = std::max(2, int(logits ? site.numExperts : site.topK));
        return scale;
    }
    if (!sample || sample->least > sample->largest)
        return {};
    std::tie(scale.low, scale.high) = roundLimits(ScaleKind::Linear, sample->least, sample->largest);
    return scale;
}

}

std::vector<std::string> tokenQuantities()
{
    std::vector<std::string> names;
    for (const Quantity& q : kQuantities)
        names.emplace_back(q.name);
    return names;
}

bool isKeyed(const std::string& quantity)
{
    return find(quantity).keyed;
}

QString quantityTitle(const std::string& quantity)
{
    return find(quantity).title;
}

QString quantityNeeds(const std::string& quantity, const TraceSummary& summary, const RoutingShape& shape)
{
    const auto lacks = [](const char* what) {
        return QString("needs the ") + what
            + ", which this trace does not hold: `expertscope capture` records them, other sources may not";
    };
    if (quantity == kWeight && !shape.columns.weights)
        return lacks("routing weights");
    if (quantity == kEntropy && !shape.columns.entropy)
        return lacks("entropies of the router");
    if (quantity == kMargin && !shape.columns.margin)
        return lacks("margins of the router");
    if (quantity == kLoss && !summary.columns.loss)
        return "needs the next-token loss: capture --loss";
    return {};
}

float tokenValue(const std::string& quantity, const TokenTexts* texts, const SiteChoices* choices,
    const ExpertRanks* ranks, std::span<const ExpertIndex> pins, std::size_t token)
{
    if (quantity == kLoss)
        return texts && token < texts->loss.size() ? texts->loss[token] : kNaN;
    if (!choices || choices->expert(token, 0) == kNoExpert)
        return kNaN;
    const auto number = [&](const std::vector<float>& of, std::size_t at) { return of.empty() ? kNaN : of[at]; };
    if (quantity == kWeight)
        return number(choices->weights, token * choices->numSlots);
    if (quantity == kEntropy)
        return number(choices->entropy, token);
    if (quantity == kMargin)
        return number(choices->margin, token);
    if (quantity == kRank) {
        const std::uint16_t rank = ranks ? ranks->ranks[token] : 0;
        return rank > 0 ? float(rank) : kNaN;
    }
    if (quantity == kPinned) {
        if (pins.empty())
            return kNaN;
        std::size_t which = 0, count = 0;
        for (std::size_t p = 0; p < pins.size(); ++p) {
            if (choices->slotOf(token, pins[p])) {
                which = p;
                ++count;
            }
        }
        return count == 0 ? 0 : float(count == 1 ? which + 1 : pins.size() + 1);
    }
    return float(choices->expert(token, 0));
}

std::optional<QColor> SiteColours::of(float value, const Style& style) const
{
    if (std::isnan(value))
        return {};
    if (scale)
        return QColor::fromRgb(scale->colour(double(value)));
    return categories.empty() ? std::nullopt
                              : std::optional(categoryColour(style, categories.colourOf(std::uint16_t(value))));
}

TokenColours tokenColours(
    const ColourQuestion& question, const ColourSample* sample, const TraceSummary& summary, const RoutingShape& shape)
{
    TokenColours colours;
    colours.question = question;
    const std::string& quantity = question.quantity;
    colours.title = quantityTitle(quantity) + ", " + siteText(shape, question.site).toLower();
    if (quantity == kLoss)
        colours.title = quantityTitle(quantity); // of no layer
    QStringList notes;
    if (const QString needs = quantityNeeds(quantity, summary, shape); !needs.isEmpty()) {
        colours.note = needs;
        return colours;
    }
    std::vector<SiteIndex> sites = question.rows;
    sites.push_back(question.site);
    for (const SiteIndex site : sites) {
        SiteColours& of = colours.sites[site];
        if (const auto pins = question.pins.find(site); pins != question.pins.end())
            of.pins = pins->second;
        const Site& router = shape.sites[std::size_t(site)];
        if (isKeyed(quantity)) {
            of.scale = scaleOf(quantity, sample, router, shape.columns.logits);
        } else if (quantity == kPinned) {
            if (!of.pins.empty())
                of.categories = pinCategories(of.pins);
        } else if (sample) {
            of.byRank = site != question.site;
            of.categories = of.byRank ? rankCategories(*sample, site) : expertCategories(*sample, site, of.pins);
        }
    }
    const bool pinned = !colours.sites[question.site].pins.empty();
    if ((quantity == kPinned || quantity == kRank) && !pinned)
        notes << "pin an expert of " + siteText(shape, question.site).toLower()
                + " to see where it is chosen: click it in the load map";
    if (quantity == kRank && pinned && !shape.columns.logits)
        notes << "ranks behind the chosen experts need router logits: capture --logits";
    if (!question.rows.empty()) {
        const auto layer = [&](SiteIndex site) { return QString::number(shape.sites[std::size_t(site)].layer); };
        const QString last = layer(question.rows.back());
        notes << "rows: layer " + layer(question.rows.front()) + (question.rows.size() > 1 ? " to " + last : QString())
                + (quantity == kFirstChoice ? ", hues by how often experts come first there" : "");
    }
    if (sample && !sample->all && quantity != kPinned && quantity != kRank)
        notes << "colours chosen by " + countText(sample->tokens) + " tokens from all over the trace";
    colours.note = notes.join("; ");
    return colours;
}

}
