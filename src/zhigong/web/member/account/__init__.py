"""收款银行卡: where money that is due to me is paid."""
