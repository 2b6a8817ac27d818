// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/kept_prompts.h"

#include "views/live/child_program.h"

#include <QDateTime>
#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

namespace expertscope {

namespace {

constexpr int kTraces = 10; ///< that are kept; each is small

}

QString promptFolder()
{
    return cachedAt("prompts");
}

Expected<PromptFiles> writePrompts(const QString& folder, const QStringList& prompts)
{
    QDir place(folder);
    if (!place.mkpath("."))
        return fail("cannot be made", folder.toStdString());
    for (const char* pattern : {"prompts-*.h5", "prompts-*.jsonl"}) {
        const QStringList old = place.entryList({pattern}, QDir::Files, QDir::Name); // names are moments: oldest first
        for (qsizetype i = 0; i + kTraces <= old.size(); ++i)
            place.remove(old[i]);
    }
    const QString name = "prompts-" + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss-zzz");
    const PromptFiles files{place.filePath(name + ".jsonl"), place.filePath(name + ".h5")};
    QSaveFile file(files.prompts);
    QByteArray lines;
    int number = 0;
    for (const QString& prompt : prompts) {
        const QString title = QString("prompt %1").arg(++number);
        lines += QJsonDocument(QJsonObject{{"name", title}, {"text", prompt}, {"labels", QJsonObject{{"prompt", title}}}})
                     .toJson(QJsonDocument::Compact)
            + '\n';
    }
    if (!file.open(QIODevice::WriteOnly) || file.write(lines) != lines.size() || !file.commit())
        return fail("cannot be written: " + file.errorString().toStdString(), files.prompts.toStdString());
    return files;
}

}
