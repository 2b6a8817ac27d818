// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/workspace/workspace.h"

#include "analysis/study/condition.h"
#include "io/base/output.h"
#include "io/base/version.h"
#include "views/figure/json_keys.h"

#include <QFile>
#include <QJsonDocument>

namespace expertscope {

namespace {

constexpr const char* kVersionKey = "expertscope_workspace";
constexpr int kVersionRead = 1;
constexpr qint64 kMostBytes = 4 << 20;

constexpr Spelling<ViewPlace> kDockPlaces[] = {{"centre", ViewPlace::Centre}, {"left", ViewPlace::Left},
    {"right", ViewPlace::Right}, {"bottom", ViewPlace::Bottom}};

/// A whole number from 0 up to `most`, if the key is there.
std::optional<std::uint64_t> whole(JsonKeys& keys, const char* key, double most)
{
    double value = 0;
    if (!keys.number(key, value))
        return {};
    if (!(value >= 0 && value <= most) || value != double(std::uint64_t(value))) {
        keys.wrong(key, "is not a whole number of sensible size");
        return {};
    }
    return std::uint64_t(value);
}

template <class Index> void index(JsonKeys& keys, const char* key, double most, std::optional<Index>& into)
{
    if (const auto value = whole(keys, key, most))
        into = Index(decltype(Index::value)(*value));
}

/// As --chose has them, but no file; nothing where they are wrong.
std::optional<ExpertSet> takeExperts(JsonKeys& keys, const char* key)
{
    QString text;
    keys.text(key, text);
    auto set = parseExperts(text.toStdString(), key);
    if (!set || text.startsWith("set:")) {
        keys.wrong(key, set ? "names a file" : QString::fromStdString(set.error().what));
        return {};
    }
    return std::move(*set);
}

QString conditionInto(const QString& text, std::vector<FilterStep>& filters)
{
    auto condition = parseCondition(text.toStdString());
    if (!condition)
        return QString::fromStdString(condition.error().what);
    filters.push_back({std::move(condition->filter), condition->keep});
    return {};
}

void parseFilter(JsonKeys& keys, std::vector<FilterStep>& filters)
{
    FilterStep step;
    if (const QJsonValue keep = keys.take("keep"); keep.isBool())
        step.keep = keep.toBool();
    else if (!keep.isUndefined())
        keys.wrong("keep", "is neither true nor false");
    if (const QJsonValue tokens = keys.take("tokens"); !tokens.isUndefined()) {
        const QJsonArray ends = tokens.toArray();
        const auto end = [&](int i) { return ends.size() == 2 ? ends[i].toDouble(-1) : -1; };
        if (!(end(0) >= 0 && end(0) <= end(1) && end(1) <= 0x1p53))
            keys.wrong("tokens", "are not two whole numbers, first and end");
        else
            filters.push_back({TokenRange{TokenIndex(std::uint64_t(end(0))), TokenIndex(std::uint64_t(end(1)))}, true});
        return;
    }
    if (keys.rest().contains("experts")) {
        QString name;
        keys.text("set", name);
        if (auto set = takeExperts(keys, "experts")) {
            set->name = name.toStdString();
            step.what = std::move(*set);
            filters.push_back(std::move(step));
        }
        return;
    }
    if (keys.rest().contains("having")) {
        QString text;
        keys.text("having", text);
        if (auto condition = parseValueCondition(text.toStdString(), "having"))
            filters.push_back({*condition, true});
        else
            keys.wrong("having", QString::fromStdString(condition.error().what));
        return;
    }
    std::optional<SiteIndex> site;
    std::optional<ExpertIndex> expert;
    index(keys, "site", kNoExpert, site);
    index(keys, "expert", kNoExpert, expert);
    if (!site || !expert)
        return keys.wrong(site ? "expert" : "site", "is missing");
    step.what = ExpertAt{*site, *expert};
    filters.push_back(std::move(step));
}

void parsePin(JsonKeys& keys, std::vector<Subject>& pins)
{
    Subject pin;
    index(keys, "site", kNoExpert, pin.site);
    index(keys, "expert", kNoExpert, pin.expert);
    index(keys, "sequence", 0x1p32 - 1, pin.sequence);
    index(keys, "token", 0x1p53, pin.token);
    QString label;
    keys.text("label", label);
    if (!label.isEmpty()) {
        if (auto condition = parseCondition(label.toStdString()))
            pin.label = std::move(condition->filter);
        else
            keys.wrong("label", QString::fromStdString(condition.error().what));
    }
    if (pin.empty())
        keys.wrong("", "names nothing");
    pins.push_back(std::move(pin));
}

void parseView(JsonKeys& keys, std::vector<WorkspaceView>& views)
{
    WorkspaceView view;
    keys.text("id", view.id);
    if (view.id.isEmpty())
        keys.wrong("id", "is missing");
    keys.choice("place", kDockPlaces, view.place);
    if (const QJsonValue shown = keys.take("shown"); shown.isBool())
        view.shown = shown.toBool();
    else if (!shown.isUndefined())
        keys.wrong("shown", "is neither true nor false");
    const QJsonValue state = keys.take("state");
    if (!state.isUndefined() && !state.isObject())
        keys.wrong("state", "is not an object");
    view.state = state.toObject();
    views.push_back(std::move(view));
}

QJsonValue filterJson(const FilterStep& step)
{
    if (const auto* label = std::get_if<LabelFilter>(&step.what))
        return QString::fromStdString(conditionText(*label, step.keep));
    if (const auto* range = std::get_if<TokenRange>(&step.what))
        return QJsonObject{{"tokens", QJsonArray{qint64(range->begin.value), qint64(range->end.value)}}};
    if (const auto* set = std::get_if<ExpertSet>(&step.what))
        return QJsonObject{{"keep", step.keep}, {"experts", QString::fromStdString(expertsText(*set))},
            {"set", QString::fromStdString(set->name)}};
    if (const auto* value = std::get_if<ValueCondition>(&step.what))
        return QJsonObject{{"having", QString::fromStdString(valueConditionText(*value))}};
    const auto& at = std::get<ExpertAt>(step.what);
    return QJsonObject{{"keep", step.keep}, {"site", int(at.site.value)}, {"expert", int(at.expert.value)}};
}

QJsonObject pinJson(const Subject& pin)
{
    QJsonObject object;
    if (pin.site)
        object["site"] = int(pin.site->value);
    if (pin.expert)
        object["expert"] = int(pin.expert->value);
    if (pin.sequence)
        object["sequence"] = qint64(pin.sequence->value);
    if (pin.token)
        object["token"] = qint64(pin.token->value);
    if (pin.label)
        object["label"] = QString::fromStdString(conditionText(*pin.label));
    return object;
}

FileKind workspaceKind()
{
    return {.name = "a workspace", .recognises = [](const std::filesystem::path& path) {
                return isWorkspace(QString::fromStdString(path.string()));
            }};
}

}

bool isWorkspace(const QString& path)
{
    return headOf(path.toStdString(), 65536).find(kVersionKey) != std::string::npos;
}

Expected<Workspace> parseWorkspace(const QByteArray& json, const QString& source)
{
    ES_ASSIGN(const QJsonDocument document, parseJsonText(json, source));
    std::optional<Error> error;
    JsonKeys keys(document.object(), source + ": ", error, "workspace");
    double version = 0;
    if (!keys.number(kVersionKey, version))
        keys.wrong(kVersionKey, "is missing: this is no workspace");
    else if (version > kVersionRead)
        keys.wrong(kVersionKey, QString("is %1: a newer Expertscope wrote it, this one reads 1").arg(version));
    else if (version != kVersionRead)
        keys.wrong(kVersionKey, "is not 1, the only version there is");
    if (error)
        return tl::unexpected(*error);
    Workspace workspace;
    QString tool, docks;
    keys.text("tool", tool);
    keys.text("title", workspace.title);
    keys.list("traces", [&](JsonKeys& trace) {
        TraceRef ref;
        trace.text("path", ref.path);
        trace.text("uuid", ref.uuid);
        if (ref.path.isEmpty())
            trace.wrong("path", "is missing");
        workspace.traces.push_back(std::move(ref));
    });
    keys.list(
        "filters", [&](JsonKeys& filter) { parseFilter(filter, workspace.filters); },
        [&](const QString& text) { return conditionInto(text, workspace.filters); });
    keys.list("pins", [&](JsonKeys& pin) { parsePin(pin, workspace.pins); });
    keys.list("sets", [&](JsonKeys& set) {
        QString name;
        set.text("name", name);
        auto experts = takeExperts(set, "experts");
        if (name.isEmpty() || name.contains('#'))
            set.wrong("name", "must be a text without '#'");
        else if (experts)
            workspace.sets[name.toStdString()] = std::move(*experts);
    });
    keys.list("views", [&](JsonKeys& view) { parseView(view, workspace.views); });
    keys.text("current", workspace.current);
    JsonKeys layout = keys.object("layout");
    layout.text("docks", docks);
    workspace.docks = QByteArray::fromBase64(docks.toLatin1());
    if (const QJsonValue narrow = layout.take("narrow"); !narrow.isUndefined())
        workspace.narrow = narrow.toBool();
    layout.finish();
    keys.finish();
    if (error)
        return tl::unexpected(*error);
    return workspace;
}

QByteArray writeWorkspace(const Workspace& workspace)
{
    QJsonArray traces, filters, pins, sets, views;
    for (const TraceRef& trace : workspace.traces)
        traces.append(QJsonObject{{"path", trace.path}, {"uuid", trace.uuid}});
    for (const FilterStep& step : workspace.filters)
        filters.append(filterJson(step));
    for (const Subject& pin : workspace.pins)
        pins.append(pinJson(pin));
    for (const auto& [name, set] : workspace.sets)
        sets.append(QJsonObject{
            {"name", QString::fromStdString(name)}, {"experts", QString::fromStdString(expertsText(set))}});
    for (const WorkspaceView& view : workspace.views)
        views.append(QJsonObject{
            {"id", view.id}, {"place", spelled(kDockPlaces, view.place)}, {"shown", view.shown}, {"state", view.state}});
    const QJsonObject layout{{"docks", QString::fromLatin1(workspace.docks.toBase64())}, {"narrow", workspace.narrow}};
    return QJsonDocument(QJsonObject{{kVersionKey, kVersionRead}, {"tool", QString("expertscope ") + kVersion},
                             {"title", workspace.title}, {"traces", traces}, {"filters", filters}, {"pins", pins},
                             {"sets", sets}, {"views", views}, {"current", workspace.current}, {"layout", layout}})
        .toJson(QJsonDocument::Indented);
}

Expected<Workspace> readWorkspace(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(file.errorString().toStdString(), path.toStdString());
    if (file.size() > kMostBytes)
        return fail("is larger than any workspace", path.toStdString());
    return parseWorkspace(file.readAll(), path);
}

Expected<void> saveWorkspace(const Workspace& workspace, const QString& path)
{
    const QByteArray bytes = writeWorkspace(workspace);
    const Output output{path.toStdString(), workspaceKind(), {}, false};
    return writeOutput(output, {bytes.constData(), std::size_t(bytes.size())});
}

}
