// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/report.h"

#include "analysis/results/comparison.h"
#include "analysis/study/request_text.h"
#include "analysis/study/trace_analysis.h"
#include "io/base/named.h"
#include "io/base/vector_state.h"
#include "io/base/version.h"
#include "views/charts/trace_facts.h"

#include <QFileInfo>

#include <algorithm>

namespace expertscope {

namespace {

constexpr std::size_t kMostRemarks = 20;
constexpr double kAnalysed = 0.5; ///< of the work, when the metrics are known

/// Of the width of a page of text, in the size of its text.
PageSpec pageOfReport()
{
    PageSpec page;
    page.widthMm = 150;
    page.fontSizePt = 8;
    page.dpi = 300;
    return page;
}

QString nameOf(const NamedTrace& trace)
{
    return QString::fromStdString(trace.name);
}

/// What all charts and `analyze` ask of a trace: one pass, and each finds its own afterwards.
Expected<void> askAtOnce(
    const Study& study, const Scope& scope, const std::vector<MetricRequest>& analysed, const Progress& progress)
{
    MetricQuestion question;
    question.scope = scope;
    question.metrics = metricsOfCharts(analysed);
    const std::size_t count = study.traces().size();
    for (std::size_t trace = 0; trace < count; ++trace)
        ES_TRY(study.metrics(
            trace, question, partOf(progress, double(trace) / double(count), double(trace + 1) / double(count))));
    return {};
}

Expected<results::RemarkPage> remarksOf(const Study& study, const CheckedRequest& checked, const Progress& progress)
{
    const auto layers = layersOf(study.shape());
    if (study.traces().size() != 2) {
        ES_ASSIGN(const Results results, analyseTraces(study, checked, progress));
        return results::remarkPage(results, layers, kMostRemarks);
    }
    std::vector<Results> both;
    for (std::size_t trace = 0; trace < 2; ++trace) {
        ES_ASSIGN(Results results, analyseTrace(study, trace, checked.question, progress));
        both.push_back(std::move(results));
    }
    const auto comparison = results::compareResults(both[0], both[1]);
    return results::remarkPage(comparison, layers == layersOf(study.shape(1)) ? layers : decltype(layers)(), kMostRemarks);
}

/// A chart's answer about one trace: computed once, drawn as often as is needed.
struct Answer
{
    const ChartSpec* chart;
    Parameters options;
    ChartDataPtr data;
};

Expected<Answer> answerOf(const Study& study, const ReportRequest& request, const ChartSpec& chart, std::size_t trace,
    const std::map<std::string, std::string>& options, const Progress& progress)
{
    Answer answer{&chart, {}, {}};
    ES_ASSIGN(answer.options, checkOptions(chart, options));
    const ChartQuestion question{trace, request.scope, answer.options};
    freeUpperHalves(); // of the figure before
    ES_ASSIGN(answer.data, chart.compute(study, question, progress));
    return answer;
}

Expected<Figure> drawn(const Study& study, const ReportRequest& request, const Answer& answer, const Look& look = {})
{
    FigureSpec spec;
    spec.tool = QString("expertscope ") + kVersion;
    spec.chart = answer.chart->name;
    spec.scope = request.scope;
    spec.page = pageOfReport();
    spec.look = look;
    for (const NamedTrace& each : study.traces())
        spec.traces.push_back(
            {QFileInfo(QString::fromStdString(each.path.string())).fileName(), QString::fromStdString(each.summary.uuid)});
    spec.options = answer.options.all();
    freeUpperHalves();
    ES_ASSIGN(const ChartPtr made, answer.chart->draw(answer.data, answer.options, spec.look));
    return makeFigure(made, spec, figureDate(QString::fromStdString(study.traces().front().summary.created)));
}

/// One colour means one value in both, where their scales are of a kind. None: it does already, or cannot.
std::optional<Look> commonLook(const Look& a, const Look& b)
{
    if (!a.limits || !b.limits || a.scale != b.scale || a.colours != b.colours || a.limits == b.limits)
        return {};
    Look look = a;
    look.limits = {std::min(a.limits->first, b.limits->first), std::max(a.limits->second, b.limits->second)};
    return look;
}

Expected<ReportSection> sectionOf(
    const Study& study, const ReportRequest& request, const ChartSpec& chart, const Progress& progress)
{
    ReportSection section{chart.name, chart.title, chart.definition,
        "expertscope figure " + QString::fromStdString(chart.name) + ' ' + request.arguments + " -o "
            + QString::fromStdString(chart.name) + ".pdf",
        {}};
    const std::size_t last = study.traces().size() - 1;
    const bool map = named(chart.options, "against_as") != nullptr;
    ES_ASSIGN(const Answer one, answerOf(study, request, chart, 0, {}, progress));
    ES_ASSIGN(Figure first, drawn(study, request, one));
    if (!map || last == 0) {
        section.drawings.push_back({{}, std::move(first)});
        return section;
    }
    ES_ASSIGN(const Answer other, answerOf(study, request, chart, last, {}, progress));
    ES_ASSIGN(Figure second, drawn(study, request, other));
    if (const auto look = commonLook(first.spec.look, second.spec.look)) {
        ES_ASSIGN(first, drawn(study, request, one, *look));
        ES_ASSIGN(second, drawn(study, request, other, *look));
    }
    section.drawings.push_back({nameOf(study.traces().front()), std::move(first)});
    section.drawings.push_back({nameOf(study.traces()[last]), std::move(second)});
    auto difference = answerOf(study, request, chart, last, {{"against_trace", "1"}}, progress)
                          .and_then([&](const Answer& minus) { return drawn(study, request, minus); });
    if (difference) // else they do not have the same rows: there is none
        section.drawings.push_back(
            {nameOf(study.traces()[last]) + " − " + nameOf(study.traces().front()), std::move(*difference)});
    else if (difference.error().what == kCancelled)
        return tl::unexpected(std::move(difference).error());
    return section;
}

}

Expected<Report> makeReport(const Study& study, const ReportRequest& request, const Progress& progress)
{
    const std::size_t count = study.traces().size();
    ES_ASSIGN(CheckedRequest checked, checkOptions(AnalysisOptions{}, count));
    checked.question.scope = request.scope;
    Report report;
    report.created = figureDate(QString::fromStdString(study.traces().front().summary.created));
    report.tokens = QString::fromStdString(describeTokens(request.scope, study.shape()));
    QStringList names;
    for (const NamedTrace& trace : study.traces()) {
        ES_TRY(study.passOf(report.traces.size(), request.scope)); // a scope that cannot be is no chart's fault
        report.traces.push_back({nameOf(trace), traceFacts(trace)});
        names << nameOf(trace);
    }
    report.title = request.title.isEmpty() ? "Routing of " + names.join(count == 2 ? " and " : ", ") : request.title;

    // What a trace does not have each chart says for itself.
    if (const auto asked = askAtOnce(study, request.scope, checked.question.metrics, partOf(progress, 0, kAnalysed));
        !asked && asked.error().what == kCancelled)
        return tl::unexpected(asked.error());
    ES_ASSIGN(report.remarks, remarksOf(study, checked, partOf(progress, kAnalysed, kAnalysed)));

    const auto& charts = chartRegistry();
    for (std::size_t i = 0; i < charts.size(); ++i) {
        const auto at = [&](std::size_t k) { return kAnalysed + (1 - kAnalysed) * double(k) / double(charts.size()); };
        auto section = sectionOf(study, request, charts[i], partOf(progress, at(i), at(i + 1)));
        if (section)
            report.sections.push_back(std::move(*section));
        else if (section.error().what == kCancelled)
            return tl::unexpected(std::move(section).error());
        else
            report.notDrawn.append({charts[i].title, QString::fromStdString(section.error().message())});
    }
    if (report.sections.empty())
        return fail("nothing can be drawn: " + report.notDrawn.front().second.toStdString(), "report");
    return report;
}

}
