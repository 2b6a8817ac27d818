// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/trace_facts.h"

#include "io/trace/summary_file.h"

#include <QDateTime>
#include <QLocale>
#include <QStringList>

#include <algorithm>

namespace expertscope {

namespace {

QString text(const std::string& t)
{
    return QString::fromStdString(t);
}

QString range(std::uint16_t least, std::uint16_t largest)
{
    return least == largest ? QString::number(least) : QString("%1 to %2").arg(least).arg(largest);
}

/// "run_device_name" as a heading: "Device name".
QString words(const std::string& key)
{
    QString name = text(key);
    name.remove(QStringLiteral("run_"));
    name.replace('_', ' ');
    if (!name.isEmpty())
        name[0] = name[0].toUpper();
    return name;
}

/// "2026-01-01T00:00:00Z" as a person writes it.
QString moment(const std::string& iso)
{
    const QDateTime time = QDateTime::fromString(text(iso), Qt::ISODate);
    return time.isValid() ? time.toUTC().toString("d MMMM yyyy, HH:mm") + " UTC" : text(iso);
}

}

QList<std::pair<QString, QString>> traceFacts(const NamedTrace& trace)
{
    const QLocale locale(QLocale::English);
    const TraceSummary& s = trace.summary;
    const RoutingShape& shape = trace.source->shape();
    QList<std::pair<QString, QString>> rows;
    const auto add = [&rows](const QString& name, const QString& value) {
        if (!value.isEmpty())
            rows.append({name, value});
    };
    add("Model", text(s.provenance.modelId));
    add("Architecture", text(s.provenance.architecture.empty() ? s.provenance.modelType : s.provenance.architecture));
    if (!shape.sites.empty()) {
        const auto [eMin, eMax] = std::ranges::minmax(shape.sites, {}, &Site::numExperts);
        const auto [kMin, kMax] = std::ranges::minmax(shape.sites, {}, &Site::topK);
        add("Routers", locale.toString(qulonglong(shape.sites.size())));
        add("Experts", QString("%1, top %2").arg(range(eMin.numExperts, eMax.numExperts), range(kMin.topK, kMax.topK)));
    }
    add("Tokens", locale.toString(qulonglong(shape.numTokens)));
    add("Sequences", locale.toString(qulonglong(shape.sequences.size())));
    QStringList labels;
    for (const Label& label : shape.labels)
        labels << QString("%1 (%2)").arg(text(label.name)).arg(label.values.size());
    add("Labels", labels.isEmpty() ? QString("none") : labels.join(", "));
    if (trace.answers) {
        add("Summary", locale.toString(qulonglong(trace.answers->size())) + " answers, no tokens");
        add("File", text(trace.path.filename().string()) + ", " + locale.formattedDataSize(qint64(trace.answers->bytes())) + ", of a trace of "
                + locale.formattedDataSize(qint64(s.fileBytes)));
        add("Complete", s.complete ? QString("yes") : QString("no: the capture was stopped early"));
    } else if (s.fileBytes > 0) {
        add("Complete", s.complete ? QString("yes") : QString("no: the capture was stopped early"));
        add("File", text(trace.path.filename().string()) + ", " + locale.formattedDataSize(qint64(s.fileBytes)));
    }
    add("Recorded", moment(s.created));
    add("By", text(s.creator + (s.creatorVersion.empty() ? "" : " " + s.creatorVersion)));
    for (const auto& [name, value] : s.provenance.attributes)
        add(words(name), text(value));
    add("Uuid", text(s.uuid));
    return rows;
}

}
