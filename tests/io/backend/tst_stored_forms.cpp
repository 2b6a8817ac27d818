// SPDX-License-Identifier: GPL-3.0-or-later
//
// Weights that are not stored as plain numbers: bit by bit what the library that defines the form makes of them, and
// files that lie about them. (That a model with such weights routes as the reference does, tst_fidelity says.)
#include "io/backend/torch_compat.h"
#include "io/checkpoint/checkpoint.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include "golden.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>

using namespace expertscope;

namespace {

QString dataFolder()
{
    return EXPERTSCOPE_TEST_DATA "/checkpoints";
}

/// Every weight that may be stored in a form of its own.
std::vector<const TensorSource*> weightsOf(const ModelSource& model)
{
    std::vector<const TensorSource*> all;
    const auto add = [&](const MlpSource& mlp) {
        all.insert(all.end(), {&mlp.gate, &mlp.up, &mlp.gateUp, &mlp.down});
    };
    for (const auto& l : model.layers) {
        all.insert(all.end(), {&l.q, &l.k, &l.v, &l.o, &l.qDown, &l.kvDown, &l.kvUp, &l.deltaNet.qkvz});
        add(l.dense);
        add(l.shared);
        for (const auto& expert : l.experts)
            add(expert);
    }
    return all;
}

/// One value of one weight of this form, all its parts there.
struct Made
{
    Quantisation how;
    std::vector<std::byte> values;
    std::vector<float> scales;
    std::vector<std::byte> exponents;
    std::vector<std::uint32_t> zeros;
    std::vector<std::int32_t> groups;

    Expected<std::vector<float>> run(std::int64_t rows = 8, std::int64_t columns = 32) const
    {
        return dequantise(how, rows, columns, {values, scales, exponents, zeros, groups});
    }
};

Made made(StoredForm form)
{
    Made m;
    m.how.form = form;
    m.how.groupSize = 16;
    m.how.blockRows = m.how.blockColumns = 16;
    m.how.zeros = true;
    m.values.resize(form == StoredForm::Fp8 || form == StoredForm::Fp8Block ? 256 : 128, std::byte{0x21});
    m.scales.resize(form == StoredForm::Fp8 ? 8 : form == StoredForm::Fp8Block ? 2 : 16, 0.5f);
    if (form == StoredForm::Mxfp4) {
        m.scales.clear();
        m.exponents.resize(8, std::byte{127});
    }
    m.zeros.resize(2, 0x33333333u);
    m.groups.resize(32, 1);
    return m;
}

}

class TestStoredForms : public QObject
{
    Q_OBJECT
private slots:
    void asTheReference_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto& name : QDir(dataFolder()).entryList({"stored-*"}, QDir::Dirs))
            QTest::newRow(qPrintable(name)) << name;
    }

    void asTheReference()
    {
        QFETCH(QString, name);
        const QString folder = dataFolder() + "/" + name;
        const Golden golden(folder);
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        VERIFY_OK(checkpoint);
        QVERIFY(checkpoint->arch().quantisation.has_value());
        QCOMPARE(checkpoint->notes().size(), std::size_t{1});
        int compared = 0;
        for (const auto& key : golden.header.keys()) {
            if (!key.startsWith("dequantised."))
                continue;
            const std::string wanted = key.mid(12).toStdString();
            const auto all = weightsOf(checkpoint->weights());
            const auto at = std::ranges::find_if(all, [&](const auto* source) { return source->name == wanted; });
            QVERIFY2(at != all.end(), wanted.c_str());
            const TensorSource& source = **at;
            QVERIFY(source.stored != nullptr);
            const auto theirs = golden.values<float>(key);
            QCOMPARE(golden.shape(key), source.shape);
            auto values = checkpoint->readValues(source);
            VERIFY_OK(values);
            const auto rounded = source.type == ElementType::F32 ? at::kFloat
                : source.type == ElementType::BF16               ? at::kBFloat16
                                                                 : at::kHalf;
            const at::Tensor ours = at::from_blob(values->data(), {static_cast<std::int64_t>(values->size())}, at::kFloat)
                                        .to(rounded)
                                        .to(at::kFloat)
                                        .contiguous();
            QCOMPARE(values->size(), theirs.size());
            // Bits, but for the sign of a zero.
            for (std::size_t i = 0; i < theirs.size(); ++i)
                QVERIFY2(ours.data_ptr<float>()[i] == theirs[i],
                    qPrintable(QString("%1[%2]: %3, the reference has %4").arg(key).arg(i).arg(ours.data_ptr<float>()[i])
                            .arg(theirs[i])));
            ++compared;
        }
        QVERIFY(compared >= 2);
    }

    /// All 256 of them as LibTorch has them.
    void e4m3()
    {
        std::vector<std::uint8_t> bits(256);
        for (int i = 0; i < 256; ++i)
            bits[std::size_t(i)] = std::uint8_t(i);
        const at::Tensor theirs = at::from_blob(bits.data(), {256}, at::kByte).view(at::kFloat8_e4m3fn).to(at::kFloat);
        for (int i = 0; i < 256; ++i) {
            const float a = fromE4M3(std::uint8_t(i)), b = theirs.data_ptr<float>()[i];
            QVERIFY2(a == b || (std::isnan(a) && std::isnan(b)), qPrintable(QString::number(i)));
        }
    }

    void tooShort_data()
    {
        QTest::addColumn<int>("form");
        QTest::addColumn<QString>("part");
        for (const auto form : {StoredForm::Fp8Block, StoredForm::Fp8, StoredForm::Mxfp4, StoredForm::Packed,
                 StoredForm::Gptq, StoredForm::Awq}) {
            for (const char* part : {"none", "values", "scales", "zeros", "groups", "all"})
                QTest::addRow("%s, %s", storedFormName(form).data(), part) << int(form) << part;
        }
    }

    /// Too few bytes of a part are an error that says which; nothing is read beyond them (asan).
    void tooShort()
    {
        QFETCH(int, form);
        QFETCH(QString, part);
        Made m = made(static_cast<StoredForm>(form));
        const bool all = part == "all";
        const bool integers = m.how.form >= StoredForm::Packed;
        if (part == "values" || all)
            m.values.pop_back();
        if (part == "scales" || all) {
            if (m.how.form == StoredForm::Mxfp4)
                m.exponents.pop_back();
            else if (m.how.form == StoredForm::Fp8)
                m.scales.clear();
            else
                m.scales.pop_back();
        }
        if (part == "zeros" || all)
            m.zeros.pop_back();
        if (part == "groups" || all)
            m.groups.pop_back();
        const bool matters = all || part == "values" || part == "scales" || (part == "zeros" && integers)
            || (part == "groups" && (m.how.form == StoredForm::Gptq || m.how.form == StoredForm::Awq));
        const auto result = m.run();
        QCOMPARE(result.has_value(), !matters);
        if (!result)
            QVERIFY2(result.error().what.find("fewer than its shape") != std::string::npos, result.error().message().c_str());
        else
            QCOMPARE(result->size(), std::size_t{256});
    }

    void groupsOutOfRange()
    {
        for (const std::int32_t group : {-1, 2, INT32_MAX, INT32_MIN}) {
            Made m = made(StoredForm::Gptq);
            m.groups[7] = group;
            const auto result = m.run();
            QVERIFY(!result);
            QVERIFY2(result.error().what.find("of column 7") != std::string::npos, result.error().message().c_str());
        }
        QVERIFY(!made(StoredForm::Mxfp4).run(8, 31));
    }

    void lies_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("tensor"); // empty: config.json
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("what");
        int n = 0;
        const auto row = [&](const char* name, const char* tensor, const char* from, const char* to, const char* what) {
            QTest::addRow("%d %s: %s -> %s", ++n, name, from, to)
                << QString("stored-") + name << tensor << QByteArray(from) << QByteArray(to) << what;
        };
        // The header's text is changed in place, so a change is as long as what it replaces.
        const char* name = "deepseek_v3-fp8-block";
        const char* q = "model.layers.1.mlp.experts.0.down_proj.weight";
        const char* scale = "model.layers.1.mlp.experts.0.down_proj.weight_scale_inv";
        row(name, scale, "weight_scale_inv", "weight_scale_xxx", "is missing");
        row(name, scale, "[2,1]", "[1,2]", "has shape [1, 2], [2, 1] was expected");
        row(name, scale, "[2,1]", "[2]  ", "has shape [2]");
        row(name, scale, "F32", "I32", "is I32, F32 was expected");
        row(name, q, "[32,16]", "[16,32]", "has shape [16, 32]");
        row(name, q, "F8_E4M3", "F8_E5M2", "is F8_E5M2, only");
        row(name, q, "\"F8_E4M3\"", "\"U8\"     ", "is U8, only");
        row(name, "", "\"fp8\"", "\"awq\"", "is F8_E4M3, only");
        row(name, "", "16,\n      16", "16,\n      99", "has shape");
        row(name, "", "16,\n      16", "-1,\n      16", "two positive");
        name = "mixtral-fp8-tensor";
        q = "model.layers.1.block_sparse_moe.experts.0.w1.weight";
        scale = "model.layers.1.block_sparse_moe.experts.0.w1.weight_scale";
        row(name, scale, "weight_scale", "weight_scalf", "is missing");
        row(name, scale, "BF16", "U16\"", "not valid JSON");
        row(name, scale, "\"BF16\"", "\"I16\" ", "is I16, F32 was expected");
        row(name, q, "[16,32]", "[32,16]", "has shape [32, 16]");
        row(name, q, "F8_E4M3", "F8_E5M2", "is F8_E5M2, only");
        row(name, "", "\"tensor\"", "\"tensr\" ", "is 'tensr'");
        row(name, "", "\"float\"", "\"int\"  ", "is 'int'");
        row(name, "", "\"num_bits\": 8", "\"num_bits\": 4", "is 4");
        row(name, "", "float-quantized", "naive-quantized", "is 'naive-quantized'");
        name = "gpt_oss-mxfp4";
        q = "model.layers.1.mlp.experts.gate_up_proj_blocks";
        scale = "model.layers.1.mlp.experts.gate_up_proj_scales";
        row(name, q, "gate_up_proj_blocks", "gate_up_proj_blockz", "is missing");
        row(name, scale, "gate_up_proj_scales", "gate_up_proj_scalez", "is missing");
        row(name, q, "[4,64,1,16]", "[4,32,2,16]", "has shape [4, 32, 2, 16]");
        row(name, q, "[4,64,1,16]", "[4,64,16]  ", "has shape [4, 64, 16]");
        row(name, q, "\"U8\"", "\"I8\"", "is I8, U8 was expected");
        row(name, scale, "[4,64,1]", "[4,1,64]", "has shape [4, 1, 64]");
        row(name, scale, "\"U8\"", "\"I8\"", "is I8, U8 was expected");
        row(name, "", "\"mxfp4\"", "\"fp8\"  ", "quantization_config says another form");
        row(name, "", "\"mxfp4\"", "\"mxfp8\"", "(mxfp8) cannot be read");
        row(name, "", "\"intermediate_size\": 32", "\"intermediate_size\": 16", "has shape");
        for (const char* packed : {"deepseek_v3-int4-pack", "olmoe-int4-pack-asym"}) {
            q = "model.layers.1.mlp.experts.0.down_proj.weight_packed";
            scale = "model.layers.1.mlp.experts.0.down_proj.weight_scale";
            row(packed, q, "weight_packed", "weight_packet", "is missing");
            row(packed, q, "[32,2]", "[2,32]", "has shape [2, 32]");
            row(packed, q, "I32", "U32", "is U32, I32 was expected");
            row(packed, scale, "weight_scale", "weight_scald", "is missing");
            row(packed, scale, "\"BF16\"", "\"I16\" ", "is I16, F32 was expected");
            row(packed, "", "\"int\"", "\"flt\"", "is 'flt'");
            row(packed, "", "\"num_bits\": 4", "\"num_bits\": 8", "has shape");
            row(packed, "", "\"group\"", "\"chann\"", "is 'chann'");
        }
        row("deepseek_v3-int4-pack", "", "\"group_size\": 8", "\"group_size\": 4", "has shape");
        row("deepseek_v3-int4-pack", "", "\"symmetric\": true", "\"symmetric\":false", "is missing");
        row("olmoe-int4-pack-asym", "model.layers.1.mlp.experts.0.down_proj.weight_zero_point", "I32", "F32", "is F32, I32");
        for (const char* columns : {"mixtral-gptq-act", "qwen3_moe-awq"}) {
            const bool isAwq = QString(columns).contains("awq");
            const std::string base = isAwq ? "model.layers.1.mlp.experts.0.gate_proj."
                                           : "model.layers.1.block_sparse_moe.experts.0.w1.";
            const auto of = [&](const char* leaf) { return base + leaf; };
            row(columns, of("qweight").c_str(), "qweight", "qweighs", "is missing");
            row(columns, of("qweight").c_str(), isAwq ? "[32,2]" : "[4,16]", isAwq ? "[2,32]" : "[16,4]", "has shape");
            row(columns, of("qweight").c_str(), "I32", "F32", "is F32, I32 was expected");
            row(columns, of("scales").c_str(), "scales", "scalez", "is missing");
            row(columns, of("scales").c_str(), "[2,16]", "[16,2]", "has shape [16, 2]");
            row(columns, of("scales").c_str(), "F16", "I16", "is I16, F32 was expected");
            row(columns, of("qzeros").c_str(), "qzeros", "qzeroz", "is missing");
            row(columns, of("qzeros").c_str(), "[2,2]", "[1,4]", "has shape [1, 4]");
            row(columns, "", "\"group_size\": 16", "\"group_size\": 32", "has shape");
            row(columns, "", "\"bits\": 4", "\"bits\": 5", "is 5");
        }
        row("mixtral-gptq-act", "model.layers.1.block_sparse_moe.experts.0.w1.g_idx", "[32]", "[ 8]", "the file holds");
    }

    /// A header or a config that says something else: refused by name, nothing is computed with.
    void lies()
    {
        QFETCH(QString, name);
        QFETCH(QString, tensor);
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, what);
        QTemporaryDir folder;
        for (const char* file : {"config.json", "model.safetensors"})
            QVERIFY(QFile::copy(dataFolder() + "/" + name + "/" + file, folder.filePath(file)));
        QFile file(folder.filePath(tensor.isEmpty() ? "config.json" : "model.safetensors"));
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        const qsizetype start = tensor.isEmpty() ? 0 : bytes.indexOf("\"" + tensor.toUtf8() + "\":");
        QVERIFY2(start >= 0, qPrintable(tensor));
        const qsizetype at = bytes.indexOf(from, start);
        QVERIFY2(at >= 0 && (tensor.isEmpty() || at < start + 200), from.constData());
        QVERIFY(tensor.isEmpty() || from.size() == to.size());
        bytes.replace(at, from.size(), to);
        QVERIFY(file.resize(0) && file.seek(0));
        file.write(bytes);
        file.close();
        const auto checkpoint = Checkpoint::open(folder.path().toStdString());
        QVERIFY(!checkpoint);
        const auto message = QString::fromStdString(checkpoint.error().message());
        if (what == "the file holds") // whichever rule of the format sees it first
            return;
        QVERIFY2(message.contains(what), qPrintable(message));
        QVERIFY2(message.contains(folder.path()) && !message.contains('\n'), qPrintable(message));
    }
};

EXPERTSCOPE_TEST(TestStoredForms)
#include "tst_stored_forms.moc"
