// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/summary_panel.h"

#include "views/charts/trace_facts.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

struct SummaryMeasure
{
    const char *metric, *title, *tip;
    bool highIsWorse;
    bool whole = false; ///< a count
};
constexpr SummaryMeasure kSummaryMeasures[] = {
    {"balance.max_vio", "MaxVio", "Largest load above the mean: max c / mean c − 1", true},
    {"balance.cv", "CV", "Coefficient of variation of the load: population SD / mean", true},
    {"balance.entropy", "Entropy", "Entropy of the load / log E", false},
    {"balance.dead", "Dead", "Experts never chosen", true, true},
};
constexpr std::size_t kWorst = 2; ///< layers that are named

/// Of numbers in rising order, linear between two of them.
double quantile(const std::vector<std::pair<double, SiteIndex>>& sorted, double share)
{
    const double at = share * double(sorted.size() - 1);
    const auto below = std::size_t(std::floor(at)), above = std::size_t(std::ceil(at));
    return sorted[below].first + (at - double(below)) * (sorted[above].first - sorted[below].first);
}

QString valueText(const SummaryMeasure& measure, double value)
{
    return measure.whole && value == std::floor(value) ? countText(std::uint64_t(value)) : numberText(value);
}

void writeMeasure(CardWriter& out, const SummaryMeasure& measure, const Results& balance, const RoutingShape& shape)
{
    std::vector<std::pair<double, SiteIndex>> values;
    for (const ResultRow& row : balance.rows) {
        if (row.metric == measure.metric && row.site && row.value)
            values.emplace_back(*row.value, *row.site);
    }
    if (values.empty())
        return out.fact(measure.title, out.undefined("no tokens with a choice"), measure.tip);
    std::ranges::stable_sort(values, {}, [](const auto& value) { return value.first; });
    if (measure.highIsWorse && values.back().first == 0)
        return out.fact(measure.title, CardWriter::plain("0 in every layer"), measure.tip);
    QString told = CardWriter::plain("median " + valueText(measure, quantile(values, .5)) + ", ")
        + out.faint(unbroken(QString(measure.highIsWorse ? "90 % " : "10 % ")
            + valueText(measure, quantile(values, measure.highIsWorse ? .9 : .1))));
    if (measure.highIsWorse)
        std::ranges::reverse(values);
    QStringList worst;
    for (std::size_t i = 0; i < std::min(kWorst, values.size()); ++i) {
        const auto [value, site] = values[i];
        if (measure.highIsWorse && value == 0)
            break;
        const QString layer = siteText(shape, site).toLower();
        worst << out.link(CardWriter::plain(unbroken(layer)), {{.site = site}, false,
                              joinedReadout({siteText(shape, site), QString(measure.title) + ' ' + valueText(measure, value)})})
                + CardWriter::plain(unbroken(" (" + valueText(measure, value) + ')'));
    }
    if (!worst.isEmpty())
        told += "<br/>" + out.faint("worst ") + worst.join(", ");
    out.fact(measure.title, told, measure.tip);
}

}

SummaryPanel::SummaryPanel(Session& session, QWidget* parent)
    : CardPanel(session, "Open a trace to see what it is", parent)
{
    card()->setAccessibleName("Summary");
}

void SummaryPanel::request()
{
    m_balance = {};
    showCard(); // all but the balance is known at once
    session().askMetrics(this, {{"balance"}}, [this](const Expected<std::vector<ResultsPtr>>& results) {
        setLoading(false);
        m_balance = results ? *results->front() : Results();
        showCard();
    });
}

bool SummaryPanel::stop()
{
    if (!session().waits(this))
        return false;
    session().cancel(this);
    setLoading(false);
    return true; // what is known stays
}

Card SummaryPanel::write() const
{
    CardWriter out;
    const auto& traces = session().study()->traces();
    for (const NamedTrace& trace : traces) {
        if (traces.size() > 1)
            out.heading(QString::fromStdString(trace.name));
        for (const auto& [name, value] : traceFacts(trace))
            out.fact(name, CardWriter::plain(value));
    }
    if (!m_balance.rows.empty()) {
        out.heading("Balance over the layers", "Of the tokens that the filters leave");
        for (const SummaryMeasure& measure : kSummaryMeasures)
            writeMeasure(out, measure, m_balance, session().shape());
    }
    return out.card();
}

QByteArray SummaryPanel::csv() const
{
    if (!showsCard())
        return {};
    QByteArray csv = "trace,name,value\n";
    for (const NamedTrace& trace : session().study()->traces()) {
        for (const auto& [name, value] : traceFacts(trace))
            csv += csvText(trace.name) + ',' + csvText(name.toStdString()) + ',' + csvText(value.toStdString()) + '\n';
    }
    return csv;
}

}
