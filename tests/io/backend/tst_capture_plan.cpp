// SPDX-License-Identifier: GPL-3.0-or-later
//
// What io/checkpoint/capture_plan says of a capture's memory without LibTorch, against what the decoder holds.
#include "io/backend/decoder.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QTest>

using namespace expertscope;

class TestCapturePlan : public QObject
{
    Q_OBJECT
private slots:
    void loadedBytes_data()
    {
        QTest::addColumn<QString>("folder");
        const QDir root(EXPERTSCOPE_TEST_DATA "/checkpoints");
        for (const auto& name : root.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            QTest::newRow(qPrintable(name)) << root.filePath(name);
    }
    void loadedBytes()
    {
        QFETCH(QString, folder);
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        VERIFY_OK(checkpoint);
        for (const ComputeType type : {ComputeType::Float32, ComputeType::BFloat16}) {
            DecoderOptions options;
            options.type = type;
            const auto decoder = Decoder::load(*checkpoint, options);
            VERIFY_OK(decoder);
            QCOMPARE(loadedWeightBytes(checkpoint->arch(), type), double((*decoder)->weightBytes()));
        }
    }
};

EXPERTSCOPE_TEST(TestCapturePlan)
#include "tst_capture_plan.moc"
