// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts the sequences of a label value prefer: the metric "specialisation" (metrics 3.3). Of one router a panel
// a value, a bar an expert, as OLMoE, Figure 22; of all routers what the experts of each come to.
#include "io/base/named.h"
#include "views/charts/kinds/bar_chart.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"
#include "views/paint/axis_ticks.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::size_t kMostSites = 12, kMostSeries = 7;
constexpr std::size_t kMostBars = 120; ///< beside each other; more are lines
constexpr const char* kSpecialisationFields = "layer,site,expert,label,metric,share,uniform,unit,n,value\n";

struct SpecialisationQuantity
{
    const char *name, *title, *what;
    bool percent;
};
constexpr SpecialisationQuantity kSpecialisationQuantities[] = {
    {"share", "Share of tokens", "of the value's tokens choose it", true},
    {"max_share", "Largest share of tokens", "of the value's tokens choose its most chosen expert", true},
    {"min_share", "Least share of tokens", "of the value's tokens choose its least chosen expert", true},
    {"max_vio", "Largest load / mean − 1", "largest load / mean − 1", false},
    {"entropy", "Entropy of the load (log E)", "of the largest possible entropy of the load", false},
    {"jsd", "Divergence between the values (nats)", "nats of Jensen-Shannon divergence between the values", false},
};

struct SpecialisationData final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    std::vector<SiteIndex> sites;
    std::string label;
    QByteArray trace;
    std::string tokens;
    ResultsPtr results;
};

/// Rows of one quantity and what is said of them.
class RowBars
{
public:
    RowBars(const SpecialisationData& data, const SpecialisationQuantity& quantity, bool first)
        : m_data(data)
        , m_quantity(quantity)
        , m_metric(std::string(first ? "specialisation_top1." : "specialisation.") + quantity.name)
    {
    }

    const std::string& metric() const { return m_metric; }
    double shown(double value) const { return m_quantity.percent ? 100 * value : value; }

    /// Values of the label that have tokens, those with the most first.
    std::vector<std::string> values() const
    {
        std::vector<std::pair<std::uint64_t, std::string>> seen;
        for (const ResultRow& row : m_data.results->rows) {
            if (row.metric != m_metric || !row.label || !row.value)
                continue;
            const auto known = std::ranges::find(seen, row.label->second, [](const auto& s) { return s.second; });
            if (known == seen.end())
                seen.emplace_back(row.n, row.label->second);
            else
                known->first = std::max(known->first, row.n);
        }
        std::ranges::stable_sort(seen, std::greater(), [](const auto& s) { return s.first; });
        std::vector<std::string> names;
        for (const auto& [n, value] : seen)
            names.push_back(value);
        return names;
    }

    /// Of a label value (none: of rows without one) at a site; of an expert, where `expert` is given.
    const ResultRow* find(const std::string* value, SiteIndex site, std::optional<ExpertIndex> expert) const
    {
        const auto found = std::ranges::find_if(m_data.results->rows, [&](const ResultRow& row) {
            return row.metric == m_metric && row.site == site && (!expert || row.expert == expert)
                && row.label.has_value() == (value != nullptr) && (!value || row.label->second == *value);
        });
        return found == m_data.results->rows.end() || !found->value ? nullptr : &*found;
    }

    void add(const ResultRow* row, BarSeries& series, std::vector<BarWords>& words) const
    {
        series.values.push_back(row ? shown(*row->value) : kNaN);
        words.push_back(row ? wordsOf(*row) : BarWords());
    }

private:
    BarWords wordsOf(const ResultRow& row) const
    {
        BarWords words;
        words.subject = Subject{.site = row.site, .expert = row.expert};
        QString label;
        if (row.label) {
            words.subject->label = LabelFilter{row.label->first, row.label->second};
            label = QString::fromStdString(row.label->first + '=' + row.label->second);
        }
        const auto text = [&](double v) { return m_quantity.percent ? percentText(v) : numberText(v); };
        QString value = text(*row.value) + (m_quantity.percent ? ' ' : ' ') + m_quantity.what;
        if (row.uniform)
            value += " (uniform " + text(*row.uniform) + ')';
        words.readout = joinedReadout({siteText(m_data.shape, *row.site),
            row.expert ? "expert " + QString::number(row.expert->value) : QString(), label, value,
            m_quantity.percent && row.uniform ? numberText(*row.value / *row.uniform) + " of uniform" : QString(),
            "n = " + countText(row.n) + " tokens"});
        words.record = csvPlace(m_data.shape, *row.site)
            + (row.expert ? QByteArray::number(row.expert->value) : QByteArray()) + ','
            + (row.label ? csvText(row.label->second) : QByteArray()) + ',' + csvText(row.metric) + ','
            + csvNumber(*row.value) + ',' + csvNumber(row.uniform.value_or(kNaN)) + ',' + csvText(row.unit) + ','
            + QByteArray::number(qulonglong(row.n)) + ',' + csvNumber(shown(*row.value)) + '\n';
        return words;
    }

    const SpecialisationData& m_data;
    const SpecialisationQuantity& m_quantity;
    std::string m_metric;
};

Expected<ChartDataPtr> computeSpecialisation(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<SpecialisationData>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->site, chosenSite(study, question));
    ES_ASSIGN(data->sites, study.sitesOf(question.trace, question.scope));
    ES_ASSIGN(const Label* const label, chosenLabel(study, question));
    data->label = label->name;
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion metric;
    metric.metrics = {{"specialisation"}};
    metric.scope = question.scope;
    metric.by = data->label;
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    data->results = results.front();
    if (std::ranges::none_of(data->results->rows, [](const ResultRow& row) { return row.value.has_value(); }))
        return nothingToDraw(*data->results, data->tokens, data->label);
    return data;
}

QString percentTitle(const SpecialisationQuantity& quantity)
{
    return QString(quantity.title) + (quantity.percent ? ' ' + unbroken("(%)") : QString());
}

/// Bars of the experts of one router, a panel a label value.
void drawExperts(const SpecialisationData& data, const SpecialisationQuantity& quantity, const RowBars& bars, Picture& picture,
    BarChart::Words& words)
{
    std::vector<std::string> values = bars.values();
    if (values.size() > kMostSites) {
        picture.note = QString("The %1 of %2 values with the most tokens").arg(kMostSites).arg(values.size());
        values.resize(kMostSites);
    }
    const Site& router = data.shape.sites[std::size_t(data.site)];
    double most = 0;
    for (const std::string& value : values) {
        Bars layer{{BarSeries()}};
        auto& said = words.emplace_back(1);
        for (std::uint16_t e = 0; e < router.numExperts; ++e) {
            const ResultRow* const row = bars.find(&value, data.site, ExpertIndex(e));
            bars.add(row, layer.series[0], said[0]);
            layer.reference.push_back(row && row->uniform ? bars.shown(*row->uniform) : kNaN);
            most = row ? std::fmax(most, std::fmax(bars.shown(*row->value), layer.reference.back())) : most;
        }
        layer.referenceName = "uniform routing";
        picture.panels.push_back({expertCellAxis("Expert of layer " + QString::number(router.layer), router.numExperts),
            {percentTitle(quantity)}, {std::move(layer)}, QString::fromStdString(data.label + '=' + value)});
    }
    for (Panel& panel : picture.panels) // they are compared
        std::tie(panel.y.low, panel.y.high) = roundRange(Axis::Scale::Linear, 0, most);
    picture.columns = gridColumns(values.size());
}

/// What would be too many bars to be told apart.
void drawLines(const SpecialisationData& data, const Bars& bars, const QString& title, Picture& picture)
{
    std::vector<double> x;
    for (const SiteIndex site : data.sites)
        x.push_back(data.shape.sites[std::size_t(site)].layer);
    const bool layers = std::ranges::adjacent_find(x, std::greater_equal()) == x.end();
    for (std::size_t s = 0; s < x.size() && !layers; ++s)
        x[s] = data.sites[s].value;
    Curves curves;
    for (const BarSeries& series : bars.series)
        curves.curves.push_back({series.name, x, series.values, {}, {}, series.colour});
    Curve chance{bars.referenceName, x, bars.reference, {}, {}, -1, true, false};
    if (std::ranges::any_of(chance.y, [](double v) { return !std::isnan(v); }))
        curves.curves.push_back(std::move(chance));
    picture.panels = {{{layers ? "Layer" : "Router", Axis::Scale::Linear, 0, 0, true}, {title}, {std::move(curves)}}};
}

/// Groups of bars over the routers, a bar a label value.
void drawSites(const SpecialisationData& data, const SpecialisationQuantity& quantity, const RowBars& bars, Picture& picture,
    BarChart::Words& words)
{
    std::vector<std::string> values = bars.values();
    if (values.size() > kMostSeries) {
        picture.note = QString("The %1 of %2 values with the most tokens").arg(kMostSeries).arg(values.size());
        values.resize(kMostSeries);
    }
    Bars layer;
    layer.reference.assign(data.sites.size(), kNaN);
    auto& said = words.emplace_back();
    const auto addSeries = [&](const std::string* value) {
        BarSeries series;
        series.colour = int(layer.series.size());
        if (value)
            series.name = QString::fromStdString(data.label + '=' + *value);
        auto& own = said.emplace_back();
        for (std::size_t s = 0; s < data.sites.size(); ++s) {
            const ResultRow* const row = bars.find(value, data.sites[s], {});
            bars.add(row, series, own);
            if (row && row->uniform && std::isnan(layer.reference[s]))
                layer.reference[s] = bars.shown(*row->uniform);
        }
        layer.series.push_back(std::move(series));
    };
    for (const std::string& value : values)
        addSeries(&value);
    if (values.empty()) // of all values together
        addSeries(nullptr);
    layer.referenceName = "uniform routing";
    if (layer.series.size() * data.sites.size() > kMostBars) {
        drawLines(data, layer, percentTitle(quantity), picture);
        return;
    }
    picture.panels = {{siteAxis(data.sites, data.shape), {percentTitle(quantity)}, {std::move(layer)}}};
}

Expected<ChartPtr> drawSpecialisation(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const SpecialisationData>(computed);
    const SpecialisationQuantity& quantity = *named(kSpecialisationQuantities, params.text("quantity"));
    const RowBars bars(*data, quantity, params.text("choices") == "first");
    auto picture = std::make_shared<Picture>();
    BarChart::Words words;
    const bool experts = params.text("quantity") == "share";
    (experts ? drawExperts : drawSites)(*data, quantity, bars, *picture, words);
    const bool any = std::ranges::any_of(words, [](const auto& panel) {
        return std::ranges::any_of(panel, [](const auto& series) {
            return std::ranges::any_of(series, [](const BarWords& bar) { return bar.subject.has_value(); });
        });
    });
    if (!any) {
        const auto why = std::ranges::find_if(data->results->rows,
            [&](const ResultRow& row) { return row.metric == bars.metric() && !row.undefined.empty(); });
        return fail(why == data->results->rows.end() ? "has no value: nothing to draw" : why->undefined,
            "quantity=" + params.text("quantity"), "choose quantity=share");
    }
    QByteArray head = csvHead("specialisation", {data->trace}, data->tokens,
        {"value: " + percentTitle(quantity), "label: " + QString::fromStdString(data->label)});
    return std::make_shared<BarChart>(std::move(picture), std::move(words), head + kSpecialisationFields);
}

}

ChartSpec specialisationChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "share",
                             .meaning = "share: of each expert of `site`; the others: of each layer",
                             .kind = ParameterSpec::Kind::Choices,
                             .choices = nameList(kSpecialisationQuantities)},
        "Show"};
    return {
        .name = "specialisation",
        .title = "Specialisation",
        .definition = "Which experts the sequences of a label value prefer, beside uniform routing",
        .options = {quantity, labelOption(), siteOption(),
            {{.name = "choices",
                 .standard = "all",
                 .meaning = "all choices of a token, or the first alone",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"all", "first"}},
                "Choices"}},
        .compute = computeSpecialisation,
        .draw = drawSpecialisation,
    };
}

}
