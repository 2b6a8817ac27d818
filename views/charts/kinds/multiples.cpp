// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/multiples.h"

#include "io/base/named.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/panel_grid.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <set>

namespace expertscope {

namespace {

constexpr const char* kOption = "panels";
constexpr std::string_view kOfLabel = "label:";
constexpr std::size_t kMostParts = 12, kMostPanels = 24; ///< the latter of charts that have several

/// A panel before it is computed: what it changes of the question, and how it is called.
struct Cut
{
    std::size_t trace = 0;
    Scope scope;
    std::map<std::string, std::string> options = {}; ///< instead of those that are given
    GridPart words = {};
};

struct Cuts
{
    std::vector<Cut> all;
    QString about; ///< the panels are …
    QString many, fewest; ///< how they are counted; what is said in front of the number that is drawn
    bool inOrder = false; ///< the first ones stay, else evenly chosen ones
    bool byScope = false; ///< layers of a chart that has no option for one
};

struct LeftOut
{
    QString title;
    Error error;
};

struct Multiples final : ChartData
{
    struct One
    {
        Cut cut;
        ChartDataPtr data;
    };
    std::vector<One> panels;
    std::vector<LeftOut> leftOut;
    QString about, note;
};

Error inPanel(Error error, const QString& title)
{
    if (error.where.find(title.toStdString()) == std::string::npos)
        error.where = title.toStdString() + (error.where.empty() ? "" : ": " + error.where);
    return error;
}

Expected<Cuts> cutLayers(const ChartSpec& spec, const Study& study, const ChartQuestion& question)
{
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(const std::vector<SiteIndex> sites, study.sitesOf(question.trace, question.scope));
    Cuts cuts{{}, "layer", "layers", ""};
    cuts.byScope = named(spec.options, "site") == nullptr;
    std::set<int> layers;
    for (const SiteIndex site : sites)
        layers.insert(shape.sites[std::size_t(site)].layer);
    for (const SiteIndex site : sites) {
        Cut cut{question.trace, question.scope};
        if (cuts.byScope)
            cut.scope = scopeOfSites(question.scope, {site});
        else
            cut.options["site"] = std::to_string(site.value);
        const QString layer = QString::number(shape.sites[std::size_t(site)].layer);
        const bool alone = layers.size() == sites.size(); // else a layer has several routers
        cut.words.title = siteText(shape, site) + (alone ? QString() : ", router " + QString::number(site.value));
        cut.words.name = alone ? layer.toUtf8() : layer.toUtf8() + '/' + QByteArray::number(site.value);
        cut.words.own = {{" of layer " + layer, ""}, {" at layer " + layer, ""}};
        cuts.all.push_back(std::move(cut));
    }
    if (cuts.all.empty())
        return fail("has no routers to draw", study.traces()[question.trace].path.string());
    return cuts;
}

Expected<Cuts> cutLabel(const Study& study, const ChartQuestion& question, const std::string& name)
{
    const RoutingShape& shape = study.shape(question.trace);
    const std::string where = std::string(kOption) + '=' + std::string(kOfLabel) + name;
    const Label* const label = named(shape.labels, name);
    if (!label)
        return fail("no sequence has a label of this name", where,
            shape.labels.empty() ? "the trace has no labels" : nameHint(shape.labels, name, "there is: "));
    Cuts cuts{{}, QString::fromStdString(name), "values of " + QString::fromStdString(name), "the first ", true};
    const QString base = QString::fromStdString(describeTokens(question.scope, shape));
    for (const std::string& value : label->values) {
        Cut cut{question.trace, question.scope};
        cut.scope.where.push_back({name, value});
        ES_ASSIGN(const Study::Extent extent, study.extentOf(question.trace, cut.scope));
        if (extent.tokens == 0)
            continue;
        // A value that passes the scope says more than what it passed.
        std::erase_if(cut.scope.where, [&](const LabelFilter& filter) { return filter.label == name; });
        cut.scope.where.push_back({name, value});
        const QString tokens = QString::fromStdString(describeTokens(cut.scope, shape));
        cut.words.title = QString::fromStdString(name + '=' + value);
        cut.words.name = QByteArray::fromStdString(value);
        cut.words.own = {{" in " + tokens, base.isEmpty() ? QString() : " in " + base}, {tokens, cuts.about}};
        cuts.all.push_back(std::move(cut));
    }
    if (cuts.all.empty())
        return fail("no value of it has tokens", where, "keep more of them");
    return cuts;
}

Expected<Cuts> cutTraces(const Study& study, const ChartQuestion& question)
{
    if (study.traces().size() < 2)
        return fail("one trace was opened: there are no others to draw beside it", std::string(kOption) + "=traces");
    Cuts cuts{{}, "trace", "traces", ""};
    for (std::size_t i = 0; i < study.traces().size(); ++i) {
        Cut cut{i, question.scope};
        const std::string& name = study.traces()[i].name;
        cut.words.title = QString::fromStdString(name);
        cut.words.name = QByteArray::fromStdString(name);
        const QString minus = QString(QChar::Nbsp) + QChar(0x2212) + QChar(QChar::Nbsp);
        cut.words.own = {{unbroken(cut.words.title) + minus, "each" + minus}};
        cuts.all.push_back(std::move(cut));
    }
    return cuts;
}

Expected<Cuts> cutsOf(const ChartSpec& spec, const Study& study, const ChartQuestion& question)
{
    const std::string& given = question.params.text(kOption);
    if (given == "layers")
        return cutLayers(spec, study, question);
    if (given == "traces")
        return cutTraces(study, question);
    if (given.starts_with(kOfLabel))
        return cutLabel(study, question, given.substr(kOfLabel.size()));
    return fail("no such panels", std::string(kOption) + '=' + given, "there is: layers, label:NAME, traces");
}

/// Which of `count` are drawn where `most` can be.
std::vector<std::size_t> chosen(std::size_t count, std::size_t most, bool inOrder)
{
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < std::min(count, most); ++i)
        places.push_back(count <= most || inOrder ? i : most == 1 ? 0 : i * (count - 1) / (most - 1));
    return places;
}

/// The options of the chart itself.
Expected<Parameters> optionsOf(const ChartSpec& spec, const Parameters& params, const Cut& cut)
{
    std::map<std::string, std::string> given = params.all();
    given.erase(kOption);
    for (const auto& [name, value] : cut.options)
        given[name] = value;
    return checkOptions(spec, given);
}

Expected<ChartPtr> drawOne(const ChartSpec& spec, const Multiples::One& one, const Parameters& params, Look& look)
{
    ES_ASSIGN(const Parameters own, optionsOf(spec, params, one.cut));
    return spec.draw(one.data, own, look);
}

/// What is left of a picture of one layer: a point, a bar or a row says nothing about its neighbours.
bool shrunk(const Picture& picture)
{
    return std::ranges::all_of(picture.panels, [](const Panel& panel) {
        return std::ranges::all_of(panel.layers, [](const Layer& layer) {
            const LayerMarks marks(layer);
            if (!std::holds_alternative<Curves>(layer) && !std::holds_alternative<Bars>(layer))
                return marks.rows() <= 1;
            for (std::size_t row = 0; row < marks.rows(); ++row) {
                if (marks.columns(row) > 1)
                    return false;
            }
            return true;
        });
    });
}

/// The first panels tell whether all of them will be worth while.
Expected<void> checkFirst(
    const ChartSpec& spec, const ChartQuestion& question, const Cuts& cuts, const Multiples& found)
{
    Look look, other;
    const auto last = drawOne(spec, found.panels.back(), question.params, look);
    if (!last)
        return {}; // drawing says so itself
    const std::string where = spec.name + ' ' + kOption + '=' + question.params.text(kOption);
    if (cuts.byScope && shrunk(*(*last)->picture()))
        return fail("draws the layers beside each other already: a panel of one has a single point or row", where,
            "choose label:NAME or traces");
    if (found.panels.size() < 2)
        return {};
    const auto first = drawOne(spec, found.panels.front(), question.params, other);
    if (first && (*first)->csv() == (*last)->csv())
        return fail("draws the same in every panel: it is of all of them together", where, "choose other panels");
    return {};
}

/// "Layer 15, Layer 16 left out: is the last router"
QString leftOutNote(const std::vector<LeftOut>& leftOut)
{
    std::vector<std::pair<QString, QStringList>> reasons;
    for (const LeftOut& left : leftOut) {
        const QString why = QString::fromStdString(left.error.what);
        auto known = std::ranges::find(reasons, why, [](const auto& reason) { return reason.first; });
        if (known == reasons.end())
            known = reasons.insert(reasons.end(), {why, {}});
        known->second << left.title;
    }
    QStringList said;
    for (const auto& [why, titles] : reasons)
        said << titles.join(", ") + " left out: " + why;
    return said.join("; ");
}

Expected<ChartDataPtr> computePanels(
    const ChartSpec& spec, const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const Cuts cuts, cutsOf(spec, study, question));
    auto found = std::make_shared<Multiples>();
    found->about = cuts.about;
    std::vector<std::size_t> places = chosen(cuts.all.size(), kMostParts, cuts.inOrder);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const Cut& cut = cuts.all[places[i]];
        ChartQuestion own{cut.trace, cut.scope, {}};
        ES_ASSIGN(own.params, optionsOf(spec, question.params, cut));
        const double all = double(places.size());
        auto data = spec.compute(study, own, partOf(progress, double(i) / all, double(i + 1) / all));
        if (!data) {
            if (data.error().what == kCancelled)
                return tl::unexpected(std::move(data).error());
            found->leftOut.push_back({cut.words.title, std::move(data).error()});
            continue;
        }
        found->panels.push_back({cut, *data});
        if (found->panels.size() > 2)
            continue;
        ES_TRY(checkFirst(spec, question, cuts, *found));
        if (i > 0)
            continue;
        Look look;
        const auto first = drawOne(spec, found->panels.front(), question.params, look);
        const std::size_t each = first ? (*first)->picture()->panels.size() : 1;
        if (each > 1) // the first one stays the first
            places = chosen(cuts.all.size(), std::clamp<std::size_t>(kMostPanels / each, 1, kMostParts), cuts.inOrder);
    }
    if (found->panels.empty())
        return tl::unexpected(inPanel(found->leftOut.front().error, found->leftOut.front().title));
    if (places.size() < cuts.all.size())
        found->note = QString("%1%2 of %3 %4").arg(cuts.fewest).arg(places.size()).arg(cuts.all.size()).arg(cuts.many);
    return found;
}

Expected<ChartPtr> drawPanels(const ChartSpec& spec, const Multiples& data, const Parameters& params, Look& look)
{
    std::vector<GridPart> parts;
    std::vector<LeftOut> leftOut = data.leftOut;
    std::optional<Error> firstError;
    Look resolved = look;
    for (const Multiples::One& one : data.panels) {
        Look own = look;
        auto chart = drawOne(spec, one, params, own);
        if (!chart) {
            if (!firstError)
                firstError = inPanel(chart.error(), one.cut.words.title);
            leftOut.push_back({one.cut.words.title, std::move(chart).error()});
            continue;
        }
        if (parts.empty())
            resolved = std::move(own);
        GridPart part = one.cut.words;
        part.chart = *chart;
        parts.push_back(std::move(part));
    }
    if (parts.empty())
        return tl::unexpected(std::move(*firstError));
    look = std::move(resolved);
    QStringList notes{data.note, leftOutNote(leftOut)};
    notes.removeAll(QString());
    return panelGrid(spec.name, std::move(parts), data.about, notes.join("; "), look);
}

}

ChartSpec withMultiples(ChartSpec spec)
{
    const auto inner = std::make_shared<const ChartSpec>(spec);
    spec.options.push_back({{.name = kOption,
                                .standard = "",
                                .meaning = "small multiples: layers, label:NAME (a panel a value) or traces",
                                .kind = ParameterSpec::Kind::Text},
        "Panels", true});
    if (inner->metrics) {
        spec.metrics = [inner](const Parameters& params) {
            const std::string& panels = params.text(kOption);
            const bool sameScope = panels.empty() || (panels == "layers" && named(inner->options, "site"));
            return sameScope ? inner->metrics(params) : std::vector<MetricRequest>();
        };
    }
    spec.compute = [inner](const Study& study, const ChartQuestion& question, const Progress& progress) {
        return question.params.text(kOption).empty() ? inner->compute(study, question, progress)
                                                     : computePanels(*inner, study, question, progress);
    };
    spec.draw = [inner](const ChartDataPtr& data, const Parameters& params, Look& look) {
        const auto panels = std::dynamic_pointer_cast<const Multiples>(data);
        return panels ? drawPanels(*inner, *panels, params, look) : inner->draw(data, params, look);
    };
    return spec;
}

}
