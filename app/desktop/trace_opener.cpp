// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/trace_opener.h"

#include "io/trace/trace_file.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>

namespace expertscope {

namespace {

QString range(std::uint16_t least, std::uint16_t largest)
{
    return least == largest ? QString::number(least) : QString("%1 to %2").arg(least).arg(largest);
}

QList<std::pair<QString, QString>> describe(const TraceSummary& s, const QString& path)
{
    const QLocale locale(QLocale::English);
    const auto text = [](const std::string& t) { return QString::fromStdString(t); };
    QList<std::pair<QString, QString>> rows;
    const auto add = [&rows](const QString& name, const QString& value) {
        if (!value.isEmpty())
            rows.append({name, value});
    };
    add("Model", text(s.provenance.modelId));
    add("Architecture", text(s.provenance.architecture.empty() ? s.provenance.modelType : s.provenance.architecture));
    if (!s.sites.empty()) {
        const auto [eMin, eMax] = std::minmax_element(
            s.sites.begin(), s.sites.end(), [](const Site& a, const Site& b) { return a.numExperts < b.numExperts; });
        const auto [kMin, kMax] = std::minmax_element(
            s.sites.begin(), s.sites.end(), [](const Site& a, const Site& b) { return a.topK < b.topK; });
        add("Routers", QString::number(s.sites.size()));
        add("Experts",
            QString("%1, top %2").arg(range(eMin->numExperts, eMax->numExperts), range(kMin->topK, kMax->topK)));
    }
    add("Tokens", locale.toString(qulonglong(s.numTokens)));
    add("Sequences", locale.toString(qulonglong(s.numSequences)));
    QStringList labels;
    for (const std::string& label : s.labels)
        labels << text(label);
    add("Labels", labels.isEmpty() ? QString("none") : labels.join(", "));
    add("Complete", s.complete ? QString("yes") : QString("no: the capture was stopped early"));
    add("File", QFileInfo(path).fileName() + ", " + locale.formattedDataSize(qint64(s.fileBytes)));
    add("Recorded", text(s.created));
    add("By", text(s.creator + (s.creatorVersion.empty() ? "" : " " + s.creatorVersion)));
    for (const auto& [name, value] : s.provenance.attributes)
        add(text(name), text(value));
    add("uuid", text(s.uuid));
    return rows;
}

}

Expected<OpenedTrace> openTraceFile(const QString& path)
{
    ES_ASSIGN(auto file, TraceFile::open(path.toStdString()));
    OpenedTrace opened;
    opened.facts.path = path;
    opened.facts.uuid = QString::fromStdString(file->summary().uuid);
    opened.facts.created = QString::fromStdString(file->summary().created);
    opened.facts.rows = describe(file->summary(), path);
    opened.source = std::move(file);
    return opened;
}

}
