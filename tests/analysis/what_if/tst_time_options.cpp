// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/model_sizes.h"
#include "tests/support/test_main.h"

#include <QFile>
#include <QTemporaryDir>

using namespace expertscope;

namespace {

/// An expert of 3 x 1000 x 500 x 16 bits = 3 MB.
constexpr const char* kMixtralConfig = R"({"model_type": "mixtral", "hidden_size": 1000, "intermediate_size": 500,
    "num_hidden_layers": 3, "num_attention_heads": 10, "num_key_value_heads": 10, "head_dim": 100, "vocab_size": 2000,
    "num_local_experts": 4, "num_experts_per_tok": 2, "torch_dtype": "bfloat16"})";

template <class T> QString timeErrorOf(const Expected<T>& result)
{
    return result ? QString("no error") : QString::fromStdString(result.error().message());
}

}

class TestTimeOptions : public QObject
{
    Q_OBJECT

private slots:
    void whatIsMeant()
    {
        const auto none = checkTime({});
        QVERIFY(none && !none->machine && none->level == cost::Level::Overlap);
        TimeOptions options;
        options.hardware = "phone";
        options.level = "1";
        options.expertBits = "4.5";
        options.denseMs = "3.5";
        const auto time = checkTime(options);
        QVERIFY2(time, qPrintable(timeErrorOf(time)));
        QVERIFY(time->machine && time->machine->name == "phone");
        QCOMPARE(time->level, cost::Level::Serial);
        QCOMPARE(*time->expertBits, 4.5);
        QCOMPARE(*time->denseSeconds, 0.0035);
    }

    void whatIsWrong()
    {
        const auto wrong = [](const auto& change) {
            TimeOptions options;
            change(options);
            return timeErrorOf(checkTime(options));
        };
        for (const char* level : {"-1", "4", "two", "1.0", "22"})
            QVERIFY2(wrong([&](TimeOptions& o) {
                o.hardware = "phone";
                o.level = level;
            }).startsWith(QString("--level: '%1' is no level of the cost model (0 bytes only, ").arg(level)),
                level);
        for (const char* bits : {"0", "65", "x", "-4", "nan", "4 "})
            QCOMPARE(wrong([&](TimeOptions& o) { o.expertBits = bits; }),
                QString("--expert-bits: '%1' is out of range, or no number (such as 4.5, up to 64)").arg(bits));
        for (const char* ms : {"0", "-3", "x", "nan", "inf", "3ms"})
            QCOMPARE(wrong([&](TimeOptions& o) { o.denseMs = ms; }),
                QString("--dense-ms: '%1' is out of range, or no number (milliseconds a step, such as 3.5)").arg(ms));
        QCOMPARE(wrong([](TimeOptions& o) { o.level = "2"; }),
            QString("--level: time is modelled for a machine only (name one with --hardware, such as desktop-4090)"));
        QCOMPARE(wrong([](TimeOptions& o) { o.denseMs = "3"; }),
            QString("--dense-ms: time is modelled for a machine only (name one with --hardware, such as desktop-4090)"));
        QVERIFY(wrong([](TimeOptions& o) { o.hardware = "abacus"; })
                    .startsWith("--hardware: there is no hardware 'abacus' (a file's name ends with .json; known: "));
        QVERIFY(wrong([](TimeOptions& o) { o.hardware = "h100"; })
                    .startsWith("--hardware: there is no hardware 'h100' (did you mean h100-sxm or server-h100? a file's name "));
        QVERIFY(wrong([](TimeOptions& o) { o.hardware = "pcie4-x16+rtx4090"; })
                    .startsWith("--hardware: there is no hardware 'rtx4090' (did you mean rtx-4090? a file's name "));
        QVERIFY(wrong([](TimeOptions& o) { o.hardware = "pcie4-x16"; }).startsWith("--hardware: "));
        QVERIFY(wrong([](TimeOptions& o) { o.hardware = "nothing.json"; }).startsWith("nothing.json: "));
    }

    void sizesOfAModel()
    {
        Provenance provenance;
        TimeRequest request;
        auto sizes = sizesOf(request, {}, provenance);
        QVERIFY(sizes);
        QCOMPARE(sizes->noExpertBytes, std::string("the trace holds no config.json"));
        sizes = sizesOf(request, 1024.0, provenance);
        QVERIFY(sizes && sizes->noExpertBytes.empty());
        QCOMPARE(sizes->model.expertBytes, 1024.0);
        QCOMPARE(sizes->expert, std::string("--expert-bytes"));
        provenance.configJson = kMixtralConfig;
        sizes = sizesOf(request, {}, provenance);
        QVERIFY(sizes && sizes->noExpertBytes.empty() && sizes->noDense.empty());
        QCOMPARE(sizes->model.expertBytes, 3e6);
        request.expertBits = 4.0;
        QCOMPARE(sizesOf(request, {}, provenance)->model.expertBytes, 0.75e6);
        request.expertBits.reset();
        QCOMPARE(sizesOf(request, 5e6, provenance)->model.expertBytes, 5e6); // what is given wins
        // A config of the trace that is not understood is a reason, one that is named an error.
        provenance.configJson = "{}";
        sizes = sizesOf(request, {}, provenance);
        QVERIFY(sizes && !sizes->noExpertBytes.empty());
        QTemporaryDir folder;
        QFile file(folder.filePath("config.json"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{}") == 2);
        file.close();
        request.model = file.fileName().toStdString();
        QVERIFY(timeErrorOf(sizesOf(request, {}, provenance)).startsWith(file.fileName()));
        request.model = folder.path().toStdString(); // or the folder that holds it
        QVERIFY(timeErrorOf(sizesOf(request, {}, provenance)).startsWith(file.fileName()));
        request.model = "nothing.json";
        QVERIFY(timeErrorOf(sizesOf(request, {}, provenance)).startsWith("nothing.json: "));
        // What a machine needs to know.
        request = {};
        request.machine.emplace();
        provenance.configJson.clear();
        QCOMPARE(timeErrorOf(sizesOf(request, {}, provenance)),
            QString("--hardware: the size of an expert is not known: the trace holds no config.json (--expert-bytes "
                    "27MiB, or --model config.json)"));
        QCOMPARE(timeErrorOf(sizesOf(request, 1e6, provenance)),
            QString("--hardware: the time a step spends outside the experts is not known: the trace holds no "
                    "config.json (measure it: --dense-ms 3.5, or --level 0)"));
        request.level = cost::Level::Bytes;
        QVERIFY(sizesOf(request, 1e6, provenance));
        request.level = cost::Level::Overlap;
        request.denseSeconds = 0.001;
        QVERIFY(sizesOf(request, 1e6, provenance));
        request = {};
        request.expertBits = 4;
        QCOMPARE(timeErrorOf(sizesOf(request, {}, provenance)),
            QString("--expert-bits: the trace holds no config.json (name one with --model)"));
    }

    void ratesAsText()
    {
        QCOMPARE(ratesText(cost::Link{.name = {}, .bytesPerSecond = 25e9, .latency = 1e-5}),
            std::string("25 GB/s after 10 us a load"));
        QCOMPARE(ratesText(cost::Processor{.name = {}, .bytesPerSecond = 806.4e9, .flopsPerSecond = 82.6e12}),
            std::string("806.4 GB/s, 82.6 Tflop/s"));
    }
};

EXPERTSCOPE_TEST(TestTimeOptions)
#include "tst_time_options.moc"
