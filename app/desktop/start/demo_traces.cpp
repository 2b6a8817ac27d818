// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/demo_traces.h"

#include "views/live/child_program.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace expertscope {

QString demoFolder()
{
    return bundledFolder("formation");
}

QString capturedDemo()
{
    return cachedAt("demo.h5");
}

QStringList captureCommand(const QString& file)
{
    const QString program = QCoreApplication::applicationDirPath() + "/expertscope-capture", folder = demoFolder();
    if (!QFileInfo(program).isExecutable() || !QFileInfo::exists(folder + "/model.safetensors"))
        return {};
    return {
        program, "--model", folder, "--prompts", folder + "/prompts.jsonl", "--logits", "--loss", "--json", "-o", file};
}

std::vector<DemoTrace> demoTraces()
{
    std::vector<DemoTrace> traces;
    const QDir folder(demoFolder() + "/formation");
    QStringList files;
    if (!demoFolder().isEmpty()) {
        for (const QFileInfo& file : folder.entryInfoList({"tokens-*.h5"}, QDir::Files, QDir::Name))
            files << file.absoluteFilePath();
    }
    if (!files.isEmpty())
        traces.push_back({"trained", "A small trained model",
            "6 layers of 32 experts over 42 texts in twelve languages", {files.back()}, "explore"});
    if (files.size() > 1)
        traces.push_back({"training", "How its routing formed",
            QString("%1 checkpoints of its training, the same texts").arg(files.size()), files, "training"});
    if (QFileInfo::exists(capturedDemo()))
        traces.push_back({"captured", "With logits and loss", "46,068 tokens of 270 texts, all that a capture records",
            {capturedDemo()}, "explore"});
    else if (!captureCommand(capturedDemo()).isEmpty())
        traces.push_back(
            {"captured", "With logits and loss", "46,068 tokens of 270 texts, recorded now", {}, "explore"});
    return traces;
}

const std::vector<Question>& questions()
{
    static const std::vector<Question> all{
        {"Which experts handle German, and what else do they do?", "trained", "specialise", "chart.load_by_label"},
        {"Which experts are dead for a language?", "trained", "specialise", "chart.risk_difference"},
        {"Is that specialisation, or the identity of tokens?", "trained", "specialise", "chart.vocabulary"},
        {"How evenly are experts used, and which layers are worst?", "trained", "explore", "chart.balance"},
        {"Where do tokens go from layer to layer?", "trained", "flow", "chart.flow"},
        {"Which experts are chosen together?", "trained", "flow", "chart.coactivation"},
        {"Which layers are hard to predict?", "trained", "flow", "chart.predict"},
        {"Do neighbouring tokens take the same experts?", "trained", "explore", "chart.repetition"},
        {"Which experts did this word use?", "trained", "prompt", "chart.tokens"},
        {"Where is the router unsure, and is the loss higher there?", "trained", "compare", "chart.sharpness"},
        {"How did routing form during training?", "training", "training", "chart.training"},
        {"What would a cache of experts save?", "trained", "cache", "chart.cache_curves"},
        {"How should experts be spread over GPUs?", "trained", "cache", "chart.placement"},
        {"How does this prompt change if one word does?", {}, "prompt", "playground"},
    };
    return all;
}

}
