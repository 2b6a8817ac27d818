// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/summary.h"

#include "analysis/metrics/registry.h"
#include "analysis/study/kept_results.h"
#include "analysis/study/question_text.h"
#include "analysis/study/sampling.h"
#include "analysis/study/summary_shape.h"
#include "io/base/named.h"
#include "io/base/text.h"

#include <algorithm>
#include <set>

namespace expertscope {

namespace {

constexpr std::size_t kFewValues = 16; ///< of a label, so that each is answered apart

class TokenlessSource final : public BlockSource
{
public:
    TokenlessSource(RoutingShape shape, std::filesystem::path path)
        : m_shape(std::move(shape))
        , m_path(std::move(path))
    {
    }
    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex, TokenRange, Columns, BlockBuffer&) override
    {
        return fail("is a summary, which holds no tokens", m_path.string(), "open the trace that it was made of");
    }

private:
    RoutingShape m_shape;
    std::filesystem::path m_path;
};

/// As charts and tables ask, besides every metric with its standard parameters.
std::vector<MetricRequest> variants(const RoutingShape& shape)
{
    std::vector<MetricRequest> requests{{"aux_loss", {{"batch", "4"}}}, {"distinct", {{"window", "4/16/64"}}},
        {"drop", {{"bins", "16"}, {"cf", "1/1.25/1.5/2"}}}, {"fan_out", {{"gpus", "2/4/8/16"}}},
        {"flow", {{"distance", "1"}}}, {"hot_set", {{"window", "1/4/16/64/256/1024"}}},
        {"path", {{"length", "2/4/8"}, {"step", "1"}, {"top", "1/100"}}},
        {"predict", {{"library", "128"}, {"n", "0"}, {"predictor", "previous/static/transition/eam"}}},
        {"sch", {{"m", "4/16/64"}, {"rho", "0.5/1/2/4"}}}, {"srp", {{"m", "4/16/64/256"}}},
        {"vocabulary", {{"ids", "input/next/predicted"}, {"n_min", "20"}, {"top", "1"}}}};
    for (std::size_t distance = 1; distance < std::min<std::size_t>(shape.sites.size(), 9); ++distance)
        requests.push_back({"mutual_information", {{"distance", std::to_string(distance)}}});
    return requests;
}

/// Not of pairs of experts or sites, of sequences, or of what takes long: small enough to be held for every value of a label.
bool isSmall(const MetricSpec& spec)
{
    static constexpr std::string_view kOfPairs[] = {"coactivation", "coactivation_adjacent", "cofire", "signature", "spread"};
    return spec.minTraces == 1 && !spec.onRequest && !spec.crossSite && std::ranges::find(kOfPairs, spec.name) == std::end(kOfPairs);
}

Scope only(const std::string& label, const std::string& value)
{
    Scope scope;
    scope.where = {{label, value}};
    return scope;
}

bool isAmong(const std::vector<SiteIndex>& sites, const std::optional<SiteIndex>& site,
    const std::map<std::string, std::string>& other)
{
    if (!site || std::ranges::find(sites, *site) == sites.end())
        return false;
    const auto second = other.find("to_site");
    return second == other.end() || std::ranges::any_of(sites, [&](SiteIndex s) {
        return std::to_string(s.value) == second->second;
    });
}

std::vector<MetricQuestion> allQuestions(const RoutingShape& shape, const std::string& label)
{
    MetricQuestion all;
    if (label.empty()) {
        for (const MetricSpec& spec : metricRegistry()) {
            if (spec.minTraces == 1)
                all.metrics.push_back({spec.name});
        }
        std::ranges::move(variants(shape), std::back_inserter(all.metrics));
        return {all};
    }
    const Label& values = *shape.label(label);
    all.by = label;
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.needsLabel || isSmall(spec))
            all.metrics.push_back({spec.name});
    }
    for (MetricRequest request : std::vector<MetricRequest>{{"divergence_ids", {{"pair", "parallel"}}},
             {"domain_cv", {{"m", "16"}}}, {"signature", {{"sequences", "400"}}}})
        all.metrics.push_back(std::move(request));
    MetricQuestion plain{{{"cofire", {{"lift", "2"}}}}, {}, label, 0, false};
    for (const std::string& value : values.values)
        plain.metrics.push_back({"divergence_ids", {{"pair", "parallel"}, {"reference", value}}});
    std::vector<MetricQuestion> questions{all, std::move(plain)};
    for (const std::string& value : values.values) {
        MetricQuestion one;
        one.scope = only(label, value);
        for (const MetricSpec& spec : metricRegistry()) {
            if (!spec.needsLabel && isSmall(spec))
                one.metrics.push_back({spec.name});
        }
        for (MetricRequest& request : variants(shape)) {
            if (isSmall(*named(metricRegistry(), request.name)))
                one.metrics.push_back(std::move(request));
        }
        questions.push_back(std::move(one));
    }
    return questions;
}

/// What these say of a site depends on which other sites are looked at.
constexpr std::string_view kOfSitesTogether[] = {"predict", "path", "mc_smoe"};

/// Labels whose values are answered apart; the others go into `leftOut`.
Expected<std::vector<std::string>> labelsOf(
    const RoutingShape& shape, const SummaryOptions& options, std::vector<std::string>& leftOut)
{
    std::vector<std::string> labels;
    if (options.noLabels)
        return labels;
    for (const std::string& name : options.labels) {
        if (!shape.label(name))
            return fail("the trace has no such label", name, nearestHint(name, nameList(shape.labels), "there is: " + namesOf(shape.labels)));
        labels.push_back(name);
    }
    for (const Label& label : shape.labels) {
        if (!options.labels.empty())
            break;
        if (label.values.size() <= kFewValues)
            labels.push_back(label.name);
        else
            leftOut.push_back(label.name);
    }
    return labels;
}

}

std::vector<MetricQuestion> summaryQuestions(const RoutingShape& shape, const std::string& label)
{
    std::vector<MetricQuestion> questions = allQuestions(shape, label);
    for (MetricQuestion& question : questions) { // some of the variants are what is standard
        std::set<std::string> seen;
        std::erase_if(question.metrics, [&](const MetricRequest& metric) { return !seen.insert(requestText(metric)).second; });
    }
    return questions;
}


Expected<SummaryReport> writeSummary(const Study& study, std::size_t trace, const SummaryOptions& options,
    const Output& output, const Progress& progress)
{
    const NamedTrace& of = study.traces()[trace];
    if (of.answers)
        return fail("is a summary already", of.path.string(), "name the trace that it was made of");
    const RoutingShape& shape = study.shape(trace);
    SummaryReport report;
    ES_ASSIGN(const auto labels, labelsOf(shape, options, report.leftOut));
    std::vector<MetricQuestion> questions = summaryQuestions(shape, {});
    report.selections = 1;
    for (const std::string& label : labels) {
        std::ranges::move(summaryQuestions(shape, label), std::back_inserter(questions));
        report.selections += shape.label(label)->values.size();
    }
    ES_ASSIGN(SummaryWriter writer, SummaryWriter::create(output, summaryShapeText(of.summary, shape)));
    for (std::size_t q = 0; q < questions.size(); ++q) {
        const MetricQuestion& question = questions[q];
        const double parts = double(questions.size());
        if (progress && !progress(double(q) / parts))
            return fail(kCancelled);
        const Progress part = partOf(progress, double(q) / parts, double(q + 1) / parts);
        const auto answers = options.exact ? study.metrics(trace, question, part)
                                           : sampledMetrics(study, trace, question, part);
        if (!answers) {
            if (answers.error().what == kCancelled || question.scope == Scope())
                return tl::unexpected(answers.error());
            continue; // a value of which no token is left
        }
        for (std::size_t m = 0; m < question.metrics.size(); ++m) {
            ES_TRY(writer.add(questionText(question) + requestText(question.metrics[m]), keptText(*(*answers)[m])));
            ++report.answers;
        }
    }
    ES_TRY(writer.finish());
    std::error_code ignored;
    report.bytes = std::filesystem::file_size(output.path, ignored);
    return report;
}

Expected<NamedTrace> openSummary(const std::filesystem::path& path)
{
    ES_ASSIGN(auto file, SummaryFile::open(path));
    ES_ASSIGN(SummarisedTrace trace, readSummaryShape(file->trace(), path.string() + ": trace"));
    NamedTrace named{path, path.stem().string(), nullptr, std::move(trace.summary)};
    named.source = std::make_shared<TokenlessSource>(std::move(trace.shape), path);
    named.answers = std::move(file);
    return named;
}

Expected<ResultsPtr> summarisedAnswer(
    const NamedTrace& trace, const MetricQuestion& question, const MetricRequest& metric)
{
    const auto index = trace.answers->find(questionText(question) + requestText(metric));
    if (!index)
        return ResultsPtr();
    ES_ASSIGN(const std::string text, trace.answers->answer(*index));
    ES_ASSIGN(Results results, readKeptText(text, trace.path.string() + ": " + metric.name));
    return std::make_shared<const Results>(std::move(results));
}

bool isToldBySite(const MetricRequest& metric)
{
    return std::ranges::find(kOfSitesTogether, metric.name) == std::end(kOfSitesTogether);
}

Results answerOfSites(Results all, const std::vector<SiteIndex>& sites)
{
    std::erase_if(all.rows, [&](const ResultRow& row) { return !isAmong(sites, row.site, row.other); });
    std::erase_if(all.matrices, [&](const ResultMatrix& matrix) { return !isAmong(sites, matrix.site, matrix.other); });
    return all;
}

}
