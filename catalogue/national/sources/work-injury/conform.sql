-- One row per letter of recognition (工伤保险条例). Its number is typed with all sorts of brackets and blanks.
SELECT * REPLACE (translate(regexp_replace(document_no, '\s', '', 'g'), '[]()（）【】', '〔〕〔〕〔〕〔〕') AS document_no)
FROM typed
