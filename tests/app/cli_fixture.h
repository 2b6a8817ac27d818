// SPDX-License-Identifier: GPL-3.0-or-later
//
// The executable as a user runs it, with a cache of its own, and trace M of metrics.md 9.1 in a file.
#pragma once

#include "io/trace/trace_writer.h"
#include "tests/support/memory_trace.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace expertscope::testing {

struct Outcome
{
    int status = -1;
    QByteArray out, err;
};

/// `environment`: NAME=VALUE each. The cache is kept for the life of the test program.
inline Outcome run(const QStringList& arguments, int columns = 100, const QStringList& environment = {})
{
    static const QTemporaryDir cache;
    QProcess process;
    auto variables = QProcessEnvironment::systemEnvironment();
    variables.insert("COLUMNS", QString::number(columns));
    variables.insert("EXPERTSCOPE_CACHE", cache.path());
    for (const QString& variable : environment)
        variables.insert(variable.section('=', 0, 0), variable.section('=', 1));
    process.setProcessEnvironment(variables);
    process.start(EXPERTSCOPE_BIN_DIR "/expertscope", arguments);
    if (!process.waitForFinished(300000))
        return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
        process.readAllStandardError()};
}

/// Fields of one CSV record (no line breaks inside fields here).
inline QStringList fields(const QString& line)
{
    QStringList list(QString{});
    bool quoted = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            list.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            list.append(QString());
        else
            list.back() += line[i];
    }
    return list;
}

/// Columns: weights, entropy, margin, token ids; labels language (one sequence has none) and half.
/// `kind`: U, B or M.
inline void writeTraceM(const QString& path, char kind = 'M')
{
    const MemoryTrace source = splitmixTrace(kind, true);
    const RoutingShape& shape = source.shape();
    TracePlan plan;
    plan.sites = shape.sites;
    plan.columns = {.weights = true, .entropy = true, .margin = true, .logits = false, .tokenIds = true};
    const char* languages[] = {"de", "de", "日本語", "日本語", "", "a,\"b\"", "a,\"b\"", "a,\"b\""};
    for (std::size_t s = 0; s < 8; ++s) {
        PlannedSequence sequence;
        sequence.name = "s" + std::to_string(s);
        if (*languages[s])
            sequence.labels["language"] = languages[s];
        sequence.labels["half"] = s < 4 ? "first" : "second";
        sequence.tokenIds.assign(512, 1);
        plan.sequences.push_back(sequence);
    }
    auto writer = TraceWriter::create(path.toStdString(), plan);
    QVERIFY2(writer, writer ? "" : writer.error().message().c_str());
    for (std::uint16_t site = 0; site < 4; ++site) {
        RoutingSlab slab;
        slab.firstSite = SiteIndex(site);
        slab.numSites = 1;
        slab.numTokens = 4096;
        slab.expertIds = source.ids[site];
        slab.weights = source.weights[site];
        slab.entropy = source.entropy[site];
        slab.margin = source.margin[site];
        const auto appended = (*writer)->append(slab);
        QVERIFY2(appended, appended ? "" : appended.error().message().c_str());
    }
    const auto finished = (*writer)->finish(true);
    QVERIFY2(finished, finished ? "" : finished.error().message().c_str());
}

}
